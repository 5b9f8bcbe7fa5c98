import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import { defineDataset, type Grants, type Split } from '../../contract/dataset';
import { choice, derivedNumber, integer, path } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { assertGranted, listFolder, statGranted } from '../files';
import { assertClasses, MAX_CLASSES, partParams, pixelMemory, takeParts } from '../parts';
import { fifth, stratifiedPools } from '../stratify';

/** Names by which a header tells the column of labels. */
const LABEL_NAMES = ['label', 'class', 'target'];

/**
 * One row an image: a label and height × width × channels pixels, row by row, the channels of a pixel side by side. The
 * rows of `train.csv` and `test.csv` keep their order; a single file is split once and for all. Labels that are whole
 * numbers are class indices, so that they mean the same to an imported model; names are classes in the order of their
 * characters' codes.
 */
export default defineDataset({
  id: 'csv',
  title: 'CSV of pixels',
  summary:
    'Your own images, one row an image: a label (class index or name) and its pixels. A folder with test.csv, and train.csv to train on, or one file, of which a fixed, stratified fifth is tested on. With test.csv alone only imported models can be attacked.',
  reference: {
    authors: 'Y. Shafranovich',
    title: 'Common Format and MIME Type for Comma-Separated Values (CSV) Files',
    year: 2005,
    where: 'RFC 4180',
  },
  params: {
    path: path({
      what: 'folder',
      help: 'Folder with test.csv, and train.csv to train on, or with one CSV file; the path of a file works too.',
    }),
    height: derivedNumber({
      derived: 'so that the pixels fill a square',
      integer: true,
      min: 1,
      unit: 'pixels',
      help: 'Height of an image.',
    }),
    width: derivedNumber({
      derived: 'so that the pixels fill a square',
      integer: true,
      min: 1,
      unit: 'pixels',
      help: 'Width of an image.',
    }),
    channels: integer({
      default: 1,
      min: 1,
      max: 3,
      help: '1 for grey; 3 for red, green and blue of a pixel side by side.',
    }),
    range: choice({
      default: 'auto',
      options: ['auto', '0-255', '0-1'],
      help: 'Values of pixels; auto takes 0-1 when none in any file is above 1.',
    }),
    label: choice({
      default: 'auto',
      options: ['auto', 'first', 'last'],
      help: 'Column of labels; auto takes the one called label, class or target in the header, else the first.',
      advanced: true,
    }),
    ...partParams,
  },
  async load({ path: source, height, width, channels, range, label, train, test, validation }, grants) {
    const found = await findFiles(source, grants);
    const read = (file: string): Promise<Table> =>
      readTable(file, { label, limit: range === '0-1' ? 1 : 255 }, grants);
    const testTable = await read(found.test);
    const trainTable = found.train ? await read(found.train) : null;
    const tables = trainTable ? [trainTable, testTable] : [testTable];
    const size = testTable.images[0]!.length;
    if (trainTable && trainTable.images[0]!.length !== size) {
      throw new LabError(
        'dataset.path',
        `“${trainTable.file}” has ${trainTable.images[0]!.length} pixels an image, “${testTable.file}” ${size}`,
        'Both need a label and the same pixels in each row.',
      );
    }
    const shape = shapeOf(size, { height, width, channels });
    const { classes, indexOf } = classesOf(tables, source);
    const rowsOf = ({ images, labels }: Table): Row[] =>
      images.map((pixels, i) => ({ pixels, label: indexOf(labels[i]!) }));
    const pools = found.split
      ? splitRows(rowsOf(testTable), classes.length)
      : { train: trainTable ? rowsOf(trainTable) : [], test: rowsOf(testTable) };
    const parts = takeParts(pools, { train, test, validation });
    const bytes =
      range === '0-255' || (range === 'auto' && Math.max(...tables.map(({ largest }) => largest)) > 1);
    const pack = (rows: Row[]): Split => packed(rows, size, bytes ? 255 : 1);
    return {
      name: `CSV (${parts.train.length} to train on, ${parts.test.length} to test on, values from 0 to ${bytes ? 255 : 1})`,
      shape,
      classes,
      train: pack(parts.train),
      validation: pack(parts.validation),
      test: pack(parts.test),
    };
  },
});

interface Row {
  /** As they stand in the file. */
  pixels: Float32Array;
  label: number;
}

/** A file's rows in order. */
interface Table {
  file: string;
  images: Float32Array[];
  labels: string[];
  /** Line on which each label stands first. */
  firstLine: Map<string, number>;
  /** Largest value of a pixel. */
  largest: number;
}

async function findFiles(
  source: string,
  grants: Grants,
): Promise<{ train: string | null; test: string; split: boolean }> {
  if (!(await statGranted(source, grants)).isDirectory()) return { train: null, test: source, split: true };
  const files = (await listFolder(source, grants)).files.filter((file) => /\.csv$/i.test(file));
  if (files.length === 1 && files[0] !== 'test.csv') {
    return { train: null, test: join(source, files[0]!), split: true };
  }
  if (!files.includes('test.csv')) {
    throw new LabError(
      'dataset.path',
      `“${source}” holds ${files.length === 0 ? 'no CSV file' : files.join(', ')}; expected test.csv with or without train.csv, or one CSV file`,
      'Rename the files, or give the path of the one to take.',
    );
  }
  return {
    train: files.includes('train.csv') ? join(source, 'train.csv') : null,
    test: join(source, 'test.csv'),
    split: false,
  };
}

/** Where the label stands and how many columns there are; the names where the first row is a header. */
interface Columns {
  label: number;
  count: number;
  names: string[] | null;
}

/** A first row is a header when it names the column of labels or holds no number at all. */
function columnsOf(cells: string[], label: 'auto' | 'first' | 'last'): Columns {
  const names = cells.map((cell) => cell.trim());
  const named = names.findIndex((name) => LABEL_NAMES.includes(name.toLowerCase()));
  const isHeader = named >= 0 || cells.every((cell) => Number.isNaN(valueOf(cell)));
  return {
    label: label === 'last' ? cells.length - 1 : label === 'auto' && named >= 0 ? named : 0,
    count: cells.length,
    names: isHeader ? names : null,
  };
}

/** Not a number for an empty cell, which `Number` takes for 0. */
function valueOf(cell: string): number {
  const value = Number(cell);
  return value === 0 && cell.trim() === '' ? NaN : value;
}

async function readTable(
  file: string,
  { label, limit }: { label: 'auto' | 'first' | 'last'; limit: number },
  grants: Grants,
): Promise<Table> {
  assertGranted(file, grants);
  const table: Table = { file, images: [], labels: [], firstLine: new Map(), largest: 0 };
  let columns: Columns | null = null;
  const bad = (line: number, message: string, remedy: string): LabError =>
    new LabError('dataset.path', `“${file}”, line ${line}${message}`, remedy);

  const add = (cells: string[], line: number): void => {
    if (cells.length === 1 && cells[0]!.trim() === '') return;
    if (!columns) {
      columns = columnsOf(cells, label);
      if (columns.count < 2) throw bad(line, ': found 1 column; expected a label and pixels', 'Correct it.');
      if (columns.names) return;
    }
    const { names, count } = columns;
    if (cells.length !== count) {
      throw bad(
        line,
        `: found ${cells.length} columns; expected ${count} as in the first row`,
        'Every row needs a label and all its pixels.',
      );
    }
    const at = (column: number): string => `, column ${column + 1}${names ? ` (${names[column]})` : ''}`;
    const name = cells[columns.label]!.trim();
    if (name === '') {
      throw bad(line, `${at(columns.label)}: the label is missing`, 'Give each image a label.');
    }
    const pixels = new Float32Array(count - 1);
    for (let column = 0, i = 0; column < count; column++) {
      if (column === columns.label) continue;
      const value = valueOf(cells[column]!);
      if (!(value >= 0 && value <= limit)) {
        throw bad(
          line,
          `${at(column)}: found “${cells[column]}”; expected a number from 0 to ${limit}`,
          limit === 1 && value <= 255
            ? 'Correct the value, or set range to 0-255.'
            : 'Correct the value; label says which column holds the labels.',
        );
      }
      table.largest = Math.max(table.largest, value);
      pixels[i++] = value;
    }
    if (!table.firstLine.has(name)) table.firstLine.set(name, line);
    table.labels.push(name);
    table.images.push(pixels);
  };

  await eachRow(file, add);
  if (table.images.length === 0) {
    throw new LabError('dataset.path', `“${file}” holds no images`, 'Expected one row an image.');
  }
  return table;
}

/** Streams the rows of a file, lines counted from 1. What `add` throws ends the reading and is thrown. */
async function eachRow(file: string, add: (cells: string[], line: number) => void): Promise<void> {
  const stream = createReadStream(file, 'utf8');
  let line = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      Papa.parse<string[]>(stream, {
        chunk: ({ data, errors }) => {
          const error = errors.find(({ type }) => type === 'Quotes');
          for (const [i, cells] of data.entries()) {
            line++;
            if (line === 1) cells[0] = cells[0]!.replace(/^\uFEFF/, '');
            if (error?.row === i) {
              throw new LabError(
                'dataset.path',
                `“${file}”, line ${line}: ${error.message}`,
                'Close or double the quote.',
              );
            }
            add(cells, line);
          }
        },
        complete: () => resolve(),
        error: reject,
      });
    });
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError(
      'dataset.path',
      `“${file}” cannot be read: ${(error as Error).message}`,
      'The file may be damaged or unreadable for you.',
    );
  } finally {
    stream.destroy();
  }
}

/** Height and width that are not given follow from the other one, or make a square. */
function shapeOf(
  size: number,
  given: { height: number | null; width: number | null; channels: number },
): [number, number, number] {
  const { channels } = given;
  const pixels = size / channels;
  const height = given.height ?? (given.width ? pixels / given.width : Math.sqrt(pixels));
  const width = given.width ?? pixels / height;
  if (channels === 2) {
    throw new LabError('dataset.channels', 'found 2; expected 1 (grey) or 3 (RGB)', 'Correct the number.');
  }
  if (Number.isInteger(height) && Number.isInteger(width) && height * width * channels === size) {
    return [height, width, channels];
  }
  throw new LabError(
    given.height || given.width ? 'dataset.height' : 'dataset.channels',
    given.height || given.width
      ? `found ${given.height ?? '?'}×${given.width ?? '?'}×${channels} (height×width×channels); a row has ${size} pixel columns`
      : `${size} pixel columns are no square image of ${channels} channel${channels > 1 ? 's' : ''}`,
    'Give height, width and channels; their product is the number of pixel columns.',
  );
}

/** Whole numbers count as class indices, anything else as a name; a mixture is a mistake somewhere. */
function classesOf(
  tables: Table[],
  source: string,
): { classes: string[]; indexOf: (label: string) => number } {
  const labels = tables.flatMap(({ file, firstLine }) =>
    [...firstLine].map(([label, line]) => ({ label, place: `“${file}”, line ${line}` })),
  );
  const isNumber = ({ label }: { label: string }): boolean => !Number.isNaN(Number(label));
  const numbers = isNumber(labels[0]!);
  const odd = labels.find((entry) => isNumber(entry) !== numbers);
  if (odd) {
    throw new LabError(
      'dataset.path',
      `${odd.place}: found the label “${odd.label}”, ${labels[0]!.place} has “${labels[0]!.label}”; expected numbers or names throughout`,
      'Correct the label, or set label to the column that holds the labels.',
    );
  }
  if (!numbers) {
    const classes = [...new Set(labels.map(({ label }) => label))].sort();
    assertClasses(classes, source);
    const indices = new Map(classes.map((name, i) => [name, i]));
    return { classes, indexOf: (label) => indices.get(label)! };
  }
  const wrong = labels.find(({ label }) => {
    const index = Number(label);
    return !(Number.isInteger(index) && index >= 0 && index < MAX_CLASSES);
  });
  if (wrong) {
    throw new LabError(
      'dataset.path',
      `${wrong.place}: found the label “${wrong.label}”; expected a class index from 0 to ${MAX_CLASSES - 1}`,
      'Number the classes from 0, give names, or set label to the column that holds the labels.',
    );
  }
  const present = [...new Set(labels.map(({ label }) => Number(label)))];
  assertClasses(present.map(String), source);
  return {
    classes: Array.from({ length: Math.max(...present) + 1 }, (_, index) => String(index)),
    indexOf: Number,
  };
}

function splitRows(rows: Row[], classes: number): { train: Row[]; test: Row[] } {
  const labels = rows.map(({ label }) => label);
  const pools = stratifiedPools(labels, classes, fifth(rows.length));
  const pick = (indices: number[]): Row[] => indices.map((i) => rows[i]!);
  return { train: pick(pools.train), test: pick(pools.test) };
}

function packed(rows: Row[], size: number, divisor: number): Split {
  const images = pixelMemory(rows.length * size);
  rows.forEach(({ pixels }, i) => {
    for (let j = 0; j < size; j++) images[i * size + j] = pixels[j]! / divisor;
  });
  return { images, labels: Uint8Array.from(rows, ({ label }) => label) };
}
