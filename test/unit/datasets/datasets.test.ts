import { mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadDataset } from '../../../src-main/datasets';
import { stratifiedPools } from '../../../src-main/datasets/stratify';
import { grantsOf } from '../../../src-main/sessions/grants';

const anything = { allows: () => true };

describe('stratified pools', () => {
  it('share out every class exactly and keep every prefix mixed', () => {
    const labels = Uint8Array.from({ length: 100 }, (_, i) => (i < 60 ? 0 : i < 90 ? 1 : 2));
    const { train, test } = stratifiedPools(labels, 3, 20);
    expect([...train, ...test].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const count = (indices: number[], label: number) => indices.filter((i) => labels[i] === label).length;
    expect([0, 1, 2].map((label) => count(test, label))).toEqual([12, 6, 2]);
    expect([0, 1, 2].map((label) => count(train.slice(0, 40), label))).toEqual([24, 12, 4]);
  });
});

describe('mnist', () => {
  it('is split 8,000 to 2,000, stratified, the same every time', async () => {
    const all = await loadDataset({ id: 'mnist' }, anything);
    expect([all.train.labels.length, all.test.labels.length]).toEqual([8000, 2000]);
    for (let digit = 0; digit < 10; digit++) {
      const share = (labels: Uint8Array) => labels.filter((label) => label === digit).length / labels.length;
      expect(Math.abs(share(all.train.labels) - share(all.test.labels))).toBeLessThan(0.001);
      expect(share(all.test.labels.subarray(0, 500))).toBeGreaterThan(0.08);
    }
    expect(Math.max(...all.test.images.subarray(0, 7840))).toBeLessThanOrEqual(1);
    const few = await loadDataset({ id: 'mnist', train: 100, test: 50 }, anything);
    expect(few.train.images).toEqual(all.train.images.subarray(0, 100 * 784));
    expect(few.hash).not.toBe(all.hash);
  });

  it('refuses a validation part that overlaps the training part', async () => {
    await expect(loadDataset({ id: 'mnist', validation: 500 }, anything)).rejects.toThrow(
      'together at most 8000',
    );
  });
});

describe('idx', () => {
  let folder: string;
  const images = (count: number, promised = count) => {
    const bytes = Buffer.alloc(16 + count * 4, 128);
    bytes.writeUInt32BE(0x803, 0);
    [promised, 2, 2].forEach((size, i) => bytes.writeUInt32BE(size, 4 + 4 * i));
    return bytes;
  };
  const labels = (...values: number[]) => {
    const bytes = Buffer.from([0, 0, 8, 1, 0, 0, 0, values.length, ...values]);
    return bytes;
  };
  const write = (name: string, bytes: Buffer) => writeFileSync(join(folder, name), bytes);
  const load = (extra = {}) => loadDataset({ id: 'idx', path: folder, ...extra }, anything);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sparring-idx-'));
  });

  it('reads plain and gzipped files, bytes scaled to [0, 1]', async () => {
    write('t10k-images-idx3-ubyte', images(2));
    write('t10k-labels-idx1-ubyte.gz', gzipSync(labels(0, 2)));
    const data = await load();
    expect(data.shape).toEqual([2, 2, 1]);
    expect(data.classes).toEqual(['0', '1', '2']);
    expect(data.test.images[0]).toBeCloseTo(128 / 255, 7);
    expect(data.train.labels.length).toBe(0);
  });

  it('refuses what is missing, truncated, inconsistent, exchanged or not granted', async () => {
    await expect(load()).rejects.toThrow(/t10k-images-idx3-ubyte” is missing/);
    write('t10k-images-idx3-ubyte', images(2, 3));
    write('t10k-labels-idx1-ubyte', labels(0, 1));
    await expect(load()).rejects.toThrow(/is truncated: 24 bytes, its header promises 28/);
    write('t10k-images-idx3-ubyte', images(3));
    await expect(load()).rejects.toThrow(/has 3 images, .* 2 labels/);
    write('t10k-images-idx3-ubyte', labels(0, 1));
    await expect(load()).rejects.toThrow(/is no IDX file of 3 dimensions/);
    await expect(loadDataset({ id: 'idx', path: folder }, { allows: () => false })).rejects.toThrow(
      'has not been granted',
    );
    write('t10k-images-idx3-ubyte', images(2));
    await expect(load({ test: 5 })).rejects.toThrow(/found 5; .* has 2 images/);
  });

  it('keeps validation images from the end of the training file', async () => {
    for (const part of ['t10k', 'train']) {
      write(`${part}-images-idx3-ubyte`, images(3));
      write(`${part}-labels-idx1-ubyte`, labels(0, 1, 2));
    }
    const data = await load({ validation: 1 });
    expect([[...data.train.labels], [...data.validation.labels]]).toEqual([[0, 1], [2]]);
    expect((await load({ validation: 1, train: 1 })).train.labels.length).toBe(1);
    await expect(load({ validation: 1, train: 3 })).rejects.toThrow(
      /dataset\.train: found 3 beside 1 validation images; .* has 3 images/,
    );
    await expect(load({ validation: 3 })).rejects.toThrow(/found 1 beside 3 validation images/);
  });

  it('refuses files that a link leads out of the folder', async () => {
    write('t10k-images-idx3-ubyte', images(2));
    write('t10k-labels-idx1-ubyte', labels(0, 1));
    const granted = grantsOf([folder]);
    expect((await loadDataset({ id: 'idx', path: folder }, granted)).test.labels.length).toBe(2);
    const outside = join(mkdtempSync(join(tmpdir(), 'sparring-outside-')), 'labels');
    renameSync(join(folder, 't10k-labels-idx1-ubyte'), outside);
    symlinkSync(outside, join(folder, 't10k-labels-idx1-ubyte'));
    await expect(loadDataset({ id: 'idx', path: folder }, granted)).rejects.toThrow(
      /t10k-labels-idx1-ubyte” has not been granted, or is a link/,
    );
  });
});
