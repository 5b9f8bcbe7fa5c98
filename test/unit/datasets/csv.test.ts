import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadDataset } from '../../../src-main/datasets';
import { grantsOf } from '../../../src-main/sessions/grants';

describe('csv', () => {
  let folder: string;
  const write = (name: string, ...lines: string[]) =>
    writeFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(''));
  const load = (extra = {}) => loadDataset({ id: 'csv', path: folder, ...extra }, grantsOf([folder]));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sparring-csv-'));
  });

  it('reads train.csv and test.csv in the order of their rows, bytes scaled to [0, 1]', async () => {
    write('train.csv', 'label,pixel0,pixel1,pixel2,pixel3', '2,0,51,102,255', '0,1,2,3,4', '2,5,6,7,8');
    write('test.csv', 'label,pixel0,pixel1,pixel2,pixel3', '0,255,0,0,0');
    const { classes, shape, train, test, name } = await load();
    expect(classes).toEqual(['0', '1', '2']);
    expect(shape).toEqual([2, 2, 1]);
    expect([...train.labels]).toEqual([2, 0, 2]);
    expect([...train.images.subarray(0, 4)]).toEqual([0, 51, 102, 255].map((v) => Math.fround(v / 255)));
    expect([...test.images]).toEqual([1, 0, 0, 0]);
    expect(name).toBe('CSV (3 to train on, 1 to test on, values from 0 to 255)');
    const few = await load({ train: 1, validation: 1 });
    expect([...few.train.images]).toEqual([...train.images.subarray(0, 4)]);
    expect([...few.validation.images]).toEqual([...train.images.subarray(8)]);
    await expect(load({ test: 2 })).rejects.toThrow('dataset.test: found 2; there is 1 test image');
  });

  it('splits a single file, in its folder or named itself, a fifth to test on', async () => {
    write('digits.csv', ...Array.from({ length: 15 }, (_, i) => `${i < 10 ? 'cat' : 'Dog'},${i},0,0,0`));
    const data = await load();
    expect(data.classes).toEqual(['Dog', 'cat']);
    expect([...data.test.labels].sort()).toEqual([0, 1, 1]);
    const first = [...data.train.images, ...data.test.images].filter((_, i) => i % 4 === 0);
    expect(new Set(first).size).toBe(15);
    expect((await load({ path: join(folder, 'digits.csv') })).hash).toBe(data.hash);
    write('other.csv', 'a,1,2,3,4');
    await expect(load()).rejects.toThrow(
      /holds digits.csv, other.csv; expected test.csv with or without train.csv, or one CSV file/,
    );
  });

  it('does not split test.csv alone, for imported models', async () => {
    write('test.csv', '0,1,2,3,4', '1,1,2,3,4');
    const { train, test } = await load();
    expect([train.labels.length, test.labels.length]).toEqual([0, 2]);
    await expect(load({ train: 1 })).rejects.toThrow('there are 0 training images');
  });

  it.each([
    ['no header', ['3,1,2,3,4', '0,5,6,7,8'], {}],
    ['a header that names the label first', ['Label,0,1,2,3', '3,1,2,3,4', '0,5,6,7,8'], {}],
    ['a header that names the label last', ['p1,p2,p3,p4,class', '1,2,3,4,3', '5,6,7,8,0'], {}],
    ['a header without a known name', ['digit,a,b,c,d', '3,1,2,3,4', '0,5,6,7,8'], {}],
    ['the label said to be last', ['1,2,3,4,3', '5,6,7,8,0'], { label: 'last' }],
    ['semicolons, blank lines and spaces', ['3; 1;2;3;4', '', '0;5;6;7; 8', ''], {}],
    ['tabs and quotes', ['"3"\t1\t2\t3\t4', '0\t5\t6\t"7"\t8'], {}],
    ['a byte order mark and carriage returns', ['\uFEFF3,1,2,3,4\r', '0,5,6,7,8\r'], {}],
  ])('reads a file with %s', async (_, rows, extra) => {
    write('test.csv', ...rows);
    const { test, shape } = await load(extra);
    expect(shape).toEqual([2, 2, 1]);
    expect([...test.labels]).toEqual([3, 0]);
    expect([...test.images].map((value) => Math.round(value * 255))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('takes values up to 1 as they are, and says when they are above the range given', async () => {
    write('test.csv', 'a,0,0.25,0.5,1', 'b,0,0,0,0');
    expect([...(await load()).test.images.subarray(0, 4)]).toEqual([0, 0.25, 0.5, 1]);
    expect((await load({ range: '0-255' })).test.images[3]).toBeCloseTo(1 / 255, 7);
    // One range for both files.
    write('train.csv', 'a,0,0.25,0.5,2', 'b,0,0,0,0');
    expect((await load()).test.images[3]).toBeCloseTo(1 / 255, 7);
    await expect(load({ range: '0-1' })).rejects.toThrow(
      /train.csv”, line 1, column 5: found “2”; expected a number from 0 to 1/,
    );
  });

  it('makes a square, or the shape that is given', async () => {
    write('test.csv', 'a,1,2,3,4,5,6,7,8,9,10,11,12', 'b,1,2,3,4,5,6,7,8,9,10,11,12');
    await expect(load()).rejects.toThrow(/12 pixel columns are no square image of 1 channel$/);
    expect((await load({ channels: 3 })).shape).toEqual([2, 2, 3]);
    expect((await load({ height: 3 })).shape).toEqual([3, 4, 1]);
    expect((await load({ width: 2, channels: 3 })).shape).toEqual([2, 2, 3]);
    expect((await load({ height: 1, width: 4, channels: 3 })).shape).toEqual([1, 4, 3]);
    await expect(load({ height: 5 })).rejects.toThrow(/found 5×\?×1 .*; a row has 12 pixel columns/);
    await expect(load({ height: 3, width: 3 })).rejects.toThrow(/found 3×3×1/);
    await expect(load({ channels: 2 })).rejects.toThrow('dataset.channels: found 2; expected 1');
  });

  it.each([
    [
      'a value that is no number',
      ['label,p0', '0,1', '', '1,x'],
      /line 4, column 2 \(p0\): found “x”; expected a number from 0 to 255/,
    ],
    ['an empty value', ['0,1,', '1,2,3'], /line 1, column 3: found “”/],
    ['a negative value', ['0,-1', '1,2'], /line 1, column 2: found “-1”/],
    ['a value that is too large', ['0,1', '1,256'], /line 2, column 2: found “256”/],
    ['a missing label', ['label,p0', '0,1', ' ,2'], /line 3, column 1 \(label\): the label is missing/],
    ['a short row', ['0,1,2', '1,1'], /line 2: found 2 columns; expected 3 as in the first row/],
    ['a long row', ['0,1,2', '1,1,2,3'], /line 2: found 4 columns; expected 3/],
    ['one column', ['0', '1'], /line 1: found 1 column; expected a label and pixels/],
    ['an open quote', ['0,1', '"1,2'], /line 2: Quoted field unterminated/],
    [
      'a label that is no class index',
      ['0,1', '300,2'],
      /line 2: found the label “300”; expected a class index from 0 to 255/,
    ],
    ['a negative label', ['-1,1', '1,2'], /line 1: found the label “-1”; expected a class index/],
    [
      'numbers mixed with names',
      ['0,1', '1,2', 'one,2'],
      /line 3: found the label “one”, .*line 1 has “0”; expected numbers or names throughout/,
    ],
    ['one class', ['0,1', '0,2'], /holds one class, “0”; expected 2 to 256/],
    [
      'more names than a label can hold',
      Array.from({ length: 257 }, (_, i) => `c${i},1`),
      /holds 257 classes/,
    ],
    ['nothing but a header', ['label,p0'], /holds no images/],
    ['nothing', [], /holds no images/],
  ])('refuses %s', async (_, rows, message) => {
    write('test.csv', ...rows);
    await expect(load()).rejects.toThrow(message);
  });

  it('counts lines across the pieces a large file is read in', async () => {
    const pixels = Array.from({ length: 100 }, (_, i) => i).join(',');
    const rows = Array.from({ length: 1000 }, (_, i) => `${i % 7},${pixels}`);
    write('test.csv', ...rows);
    const { test } = await load();
    expect([...test.labels]).toEqual(rows.map((_, i) => i % 7));
    rows[899] = `0,${pixels.replace('99', 'none')}`;
    write('test.csv', ...rows);
    await expect(load()).rejects.toThrow(/line 900, column 101: found “none”/);
  });

  it('refuses files of different widths, missing ones, and links that lead out', async () => {
    await expect(load()).rejects.toThrow(/holds no CSV file; expected test.csv/);
    await expect(load({ path: join(folder, 'none.csv') })).rejects.toThrow(
      /none.csv” cannot be read: ENOENT/,
    );
    write('test.csv', '0,1', '1,2');
    write('train.csv', '0,1,2,3,4', '1,1,2,3,4');
    await expect(load()).rejects.toThrow(/train.csv” has 4 pixels an image, “.*test.csv” 1/);
    const outside = mkdtempSync(join(tmpdir(), 'sparring-outside-'));
    writeFileSync(join(outside, 'train.csv'), '0,1\n1,2\n');
    rmSync(join(folder, 'train.csv'));
    symlinkSync(join(outside, 'train.csv'), join(folder, 'train.csv'));
    await expect(load()).rejects.toThrow(/train.csv” has not been granted, or is a link/);
    rmSync(join(folder, 'train.csv'));
    mkdirSync(join(folder, 'train.csv'));
    expect((await load()).train.labels.length).toBe(0);
  });
});
