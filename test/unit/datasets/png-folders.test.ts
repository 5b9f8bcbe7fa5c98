import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadDataset } from '../../../src-main/datasets';
import { grantsOf } from '../../../src-main/sessions/grants';
import { grey, png } from './own-images';

describe('png-folders', () => {
  let folder: string;
  const write = (name: string, bytes: Uint8Array) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  };
  const load = (extra = {}) => loadDataset({ id: 'png-folders', path: folder, ...extra }, grantsOf([folder]));
  /** The pixels of one image, read as the first test image of class a. */
  const pixelsOf = async (bytes: Uint8Array) => {
    write('test/a/image.png', bytes);
    write('test/b/image.png', bytes);
    const { test, shape } = await load();
    return { shape, pixels: [...test.images.subarray(0, test.images.length / 2)] };
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sparring-png-'));
  });

  it('orders classes and files by name and interleaves the classes', async () => {
    for (const [i, name] of ['10', '9', '1'].entries()) write(`train/cat/${name}.png`, grey(10 + i));
    for (const i of [0, 1, 2]) write(`train/Dog/${i}.PNG`, grey(20 + i));
    write('train/cat/notes.txt', Buffer.from('not an image'));
    write('train/.hidden/x.png', grey(0));
    write('test/cat/0.png', grey(255));
    const { classes, shape, train, test, validation } = await load();
    expect(classes).toEqual(['Dog', 'cat']);
    expect(shape).toEqual([2, 2, 1]);
    expect([...train.labels]).toEqual([0, 1, 0, 1, 0, 1]);
    const values = Array.from({ length: 6 }, (_, i) => Math.round(train.images[i * 4]! * 255));
    expect(values).toEqual([20, 12, 21, 10, 22, 11]);
    expect([...test.labels]).toEqual([1]);
    expect([...test.images]).toEqual([1, 1, 1, 1]);
    expect(validation.labels.length).toBe(0);
  });

  it('splits folders of classes alone, a fifth to test on, and takes the numbers asked for', async () => {
    for (let i = 0; i < 10; i++) write(`a/${i}.png`, grey(i));
    for (let i = 0; i < 5; i++) write(`b/${i}.png`, grey(100 + i));
    const all = await load();
    expect([all.train.labels.length, all.test.labels.length]).toEqual([12, 3]);
    expect([...all.test.labels].sort()).toEqual([0, 0, 1]);
    const pixels = [...all.train.images, ...all.test.images].map((value) => Math.round(value * 255));
    expect(new Set(pixels).size).toBe(15);
    const few = await load({ train: 4, test: 2, validation: 3 });
    expect(few.train.images).toEqual(all.train.images.subarray(0, 4 * 4));
    expect(few.validation.images).toEqual(all.train.images.subarray(9 * 4));
    expect(few.test.labels).toEqual(all.test.labels.subarray(0, 2));
    await expect(load({ train: 13 })).rejects.toThrow(
      'dataset.train: found 13; there are 12 training images',
    );
    await expect(load({ test: 4 })).rejects.toThrow('dataset.test: found 4; there are 3 test images');
    await expect(load({ train: 10, validation: 3 })).rejects.toThrow(
      'found 3 beside 10 training images; together at most 12',
    );
  });

  it('reads test images alone, for imported models', async () => {
    write('test/a/0.png', grey(1));
    write('test/b/0.png', grey(2));
    const { train, test } = await load();
    expect([train.labels.length, test.labels.length]).toEqual([0, 2]);
    await expect(load({ train: 1 })).rejects.toThrow('there are 0 training images');
    renameSync(join(folder, 'test'), join(folder, 'train'));
    await expect(load()).rejects.toThrow(/test” is missing beside train/);
  });

  it.each([
    ['grey of 1 bit', { kind: 'grey', depth: 1, samples: [0, 1, 1, 1, 0, 0] }, [0, 1, 1, 1, 0, 0]],
    ['grey of 2 bits', { kind: 'grey', depth: 2, samples: [0, 1, 2, 3, 0, 1] }, [0, 85, 170, 255, 0, 85]],
    ['grey of 4 bits', { kind: 'grey', depth: 4, samples: [0, 1, 2, 3, 14, 15] }, [0, 17, 34, 51, 238, 255]],
    ['grey of 8 bits', { kind: 'grey', samples: [0, 1, 2, 3, 254, 255] }, [0, 1, 2, 3, 254, 255]],
    [
      'grey of 16 bits',
      { kind: 'grey', depth: 16, samples: [0, 1, 256, 257, 65534, 65535] },
      [0, 1 / 257, 256 / 257, 1, 65534 / 257, 255],
    ],
    [
      'grey with an opaque alpha channel',
      { kind: 'greyAlpha', samples: [0, 255, 1, 255, 2, 255, 3, 255, 4, 255, 5, 255] },
      [0, 1, 2, 3, 4, 5],
    ],
  ] as const)('scales %s to [0, 1]', async (_, image, expected) => {
    const scale = 'depth' in image && image.depth === 1 ? 1 : 255;
    const { shape, pixels } = await pixelsOf(
      png({ width: 3, height: 2, ...image, samples: [...image.samples] }),
    );
    expect(shape).toEqual([2, 3, 1]);
    pixels.forEach((pixel, i) => expect(pixel).toBeCloseTo(expected[i]! / scale, 6));
  });

  it('reads RGB of 8 and 16 bits, with an opaque alpha channel, and palettes, as height × width × 3', async () => {
    const colours = [255, 0, 51, 102, 153, 204];
    const expected = colours.map((value) => Math.fround(value / 255));
    const size = { width: 1, height: 2 };
    const rgb = { shape: [2, 1, 3], pixels: expected };
    expect(await pixelsOf(png({ kind: 'rgb', ...size, samples: colours }))).toEqual(rgb);
    const wide = colours.map((value) => value * 257);
    expect(await pixelsOf(png({ kind: 'rgb', ...size, depth: 16, samples: wide }))).toEqual(rgb);
    const opaque = [255, 0, 51, 255, 102, 153, 204, 255];
    expect(await pixelsOf(png({ kind: 'rgba', ...size, samples: opaque }))).toEqual(rgb);
    const palette = [102, 153, 204, 255, 0, 51];
    for (const depth of [1, 2, 4, 8]) {
      expect(await pixelsOf(png({ kind: 'palette', ...size, depth, palette, samples: [1, 0] }))).toEqual(rgb);
    }
    // A suggested palette in an RGB file does not make its samples indices.
    expect(await pixelsOf(png({ kind: 'rgb', ...size, samples: colours, palette }))).toEqual(rgb);
  });

  it('refuses transparency, named by its file', async () => {
    const size = { width: 2, height: 1 };
    const transparent = [
      png({ kind: 'greyAlpha', ...size, samples: [9, 255, 9, 254] }),
      png({ kind: 'rgba', ...size, depth: 16, samples: [9, 9, 9, 65535, 9, 9, 9, 0] }),
      png({ kind: 'palette', ...size, samples: [0, 1], palette: [1, 2, 3, 4, 5, 6], transparency: [255, 7] }),
      png({ kind: 'grey', ...size, samples: [9, 8], transparency: [0, 9] }),
    ];
    for (const bytes of transparent) {
      await expect(pixelsOf(bytes)).rejects.toThrow(
        /a\/image.png” has transparent pixels; expected opaque ones/,
      );
    }
  });

  it('refuses broken files and images of another size or kind, named by file, size and expectation', async () => {
    write('test/a/0.png', grey(1));
    write('test/b/0.png', grey(2).subarray(0, 50));
    await expect(load()).rejects.toThrow(/b\/0.png” is no sound PNG file/);
    const flipped = grey(2);
    flipped[flipped.length - 20]! ^= 1;
    write('test/b/0.png', flipped);
    await expect(load()).rejects.toThrow(/b\/0.png” is no sound PNG file: CRC mismatch/);
    write('test/b/0.png', Buffer.from('text'));
    await expect(load()).rejects.toThrow(/b\/0.png” is no sound PNG file/);
    write(
      'test/b/0.png',
      png({ kind: 'palette', width: 2, height: 2, samples: [0, 1, 2, 3], palette: [1, 2, 3] }),
    );
    await expect(load()).rejects.toThrow(/b\/0.png” is no sound PNG file: Incorrect index of palette/);
    write('test/b/0.png', png({ kind: 'grey', width: 3, height: 2, samples: [0, 0, 0, 0, 0, 0] }));
    await expect(load()).rejects.toThrow(
      /b\/0.png” is 2×3×1 \(height×width×channels\); expected 2×2×1 as “.*a\/0.png”/,
    );
    write(
      'test/b/0.png',
      png({ kind: 'grey', width: 1, height: 1, depth: 1, samples: [1], interlaced: true }),
    );
    await expect(load()).rejects.toThrow(/interlaced images of less than 8 bits are not read/);
    write('test/b/0.png', png({ kind: 'rgb', width: 1, height: 1, samples: [0, 0, 0] }));
    await expect(load()).rejects.toThrow(/is 1×1×3/);
  });

  it('refuses empty class folders, one class, classes unknown to train, and no classes', async () => {
    await expect(load()).rejects.toThrow(/holds no class folders/);
    write('a/0.png', grey(1));
    await expect(load()).rejects.toThrow(/holds one class, “a”; expected 2 to 256/);
    write('b/picture.jpg', grey(1));
    await expect(load()).rejects.toThrow(/class folder “.*b” holds no PNG file/);
    rmSync(join(folder, 'a'), { recursive: true });
    for (const name of ['train/a', 'train/b', 'test/c']) write(`${name}/0.png`, grey(1));
    await expect(load()).rejects.toThrow(/test\/c” is a class that train does not have; expected a, b/);
  });

  it('refuses more classes than a label can hold', async () => {
    for (let i = 0; i < 257; i++) write(`c${i}/0.png`, grey(1));
    await expect(load()).rejects.toThrow(/holds 257 classes; expected 2 to 256/);
    rmSync(join(folder, 'c256'), { recursive: true });
    expect((await load()).classes.length).toBe(256);
  });

  it('follows links within the granted folder and refuses those that lead out', async () => {
    await expect(loadDataset({ id: 'png-folders', path: folder }, { allows: () => false })).rejects.toThrow(
      'has not been granted',
    );
    write('test/a/0.png', grey(1));
    symlinkSync(join(folder, 'test', 'a'), join(folder, 'test', 'b'));
    expect([...(await load()).test.labels]).toEqual([0, 1]);
    const outside = mkdtempSync(join(tmpdir(), 'sparring-outside-'));
    mkdirSync(join(outside, 'c'));
    writeFileSync(join(outside, 'c', '0.png'), grey(1));
    symlinkSync(join(outside, 'c', '0.png'), join(folder, 'test', 'a', '1.png'));
    await expect(load()).rejects.toThrow(/a\/1.png” has not been granted, or is a link/);
    rmSync(join(folder, 'test', 'a', '1.png'));
    symlinkSync(join(outside, 'c'), join(folder, 'test', 'c'));
    await expect(load()).rejects.toThrow(/test\/c” has not been granted, or is a link/);
  });
});
