import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { defineDataset, type Grants, type Split } from '../../contract/dataset';
import { path } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { assertGranted, readGranted } from '../files';
import { partParams } from '../parts';

/** Magic numbers of the format: unsigned bytes in three dimensions (images) and in one (labels). */
const IMAGES_MAGIC = 0x00000803;
const LABELS_MAGIC = 0x00000801;

/** A folder of IDX files as MNIST and Fashion-MNIST come in: `{train,t10k}-{images-idx3,labels-idx1}-ubyte`, or `.gz`. */
export default defineDataset({
  id: 'idx',
  title: 'IDX folder',
  summary:
    'Your own images in the format of MNIST and Fashion-MNIST. Bytes are scaled to [0, 1]. Without training files only imported models can be attacked.',
  reference: {
    authors: 'Y. LeCun, C. Cortes, C. J. C. Burges',
    title: 'The MNIST database of handwritten digits: file formats',
    year: 1998,
    where: 'yann.lecun.com/exdb/mnist',
  },
  params: {
    path: path({
      what: 'folder',
      help: 'Folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, and train-… to train on.',
    }),
    ...partParams,
  },
  async load({ path: folder, train, test, validation }, grants) {
    assertGranted(folder, grants);
    if (!existsSync(folder))
      throw new LabError('dataset.path', `there is no folder “${folder}”`, 'Correct the path.');
    const testPart = await readPart(folder, 't10k', { first: test, last: 0 }, true, grants);
    const trainPart = await readPart(folder, 'train', { first: train, last: validation }, false, grants);
    const [height, width] = testPart.shape;
    if (trainPart && (trainPart.shape[0] !== height || trainPart.shape[1] !== width)) {
      throw new LabError(
        'dataset.path',
        `training images are ${trainPart.shape.join('×')}, test images ${height}×${width}`,
        'Both must have one size.',
      );
    }
    const nothing: Split = { images: new Float32Array(0), labels: new Uint8Array(0) };
    const trainSplit = trainPart?.first ?? nothing;
    const largest = [...trainSplit.labels, ...testPart.first.labels].reduce((a, b) => Math.max(a, b), 0);
    return {
      name: `IDX folder (${trainSplit.labels.length} to train on, ${testPart.first.labels.length} to test on)`,
      shape: [height, width, 1],
      classes: Array.from({ length: largest + 1 }, (_, label) => String(label)),
      train: trainSplit,
      validation: trainPart?.last ?? nothing,
      test: testPart.first,
    };
  },
});

/** How many of a file's images are taken: from its beginning (null: all that are left) and from its end. */
interface Taken {
  first: number | null;
  last: number;
}

interface Part {
  first: Split;
  last: Split;
  shape: [number, number];
}

function readPart(
  folder: string,
  prefix: string,
  taken: Taken,
  required: true,
  grants: Grants,
): Promise<Part>;
function readPart(
  folder: string,
  prefix: string,
  taken: Taken,
  required: false,
  grants: Grants,
): Promise<Part | null>;
async function readPart(
  folder: string,
  prefix: string,
  taken: Taken,
  required: boolean,
  grants: Grants,
): Promise<Part | null> {
  const imagesFile = locate(folder, `${prefix}-images-idx3-ubyte`);
  const labelsFile = locate(folder, `${prefix}-labels-idx1-ubyte`);
  if (!imagesFile && !labelsFile && !required) return null;
  const missing = !imagesFile
    ? `${prefix}-images-idx3-ubyte`
    : !labelsFile
      ? `${prefix}-labels-idx1-ubyte`
      : null;
  if (missing)
    throw new LabError(
      'dataset.path',
      `“${join(folder, missing)}” is missing`,
      `Put ${missing} (or ${missing}.gz) into the folder.`,
    );
  const images = await readIdx(imagesFile!, IMAGES_MAGIC, 3, grants);
  const labels = await readIdx(labelsFile!, LABELS_MAGIC, 1, grants);
  const [count, height, width] = images.sizes as [number, number, number];
  if (count !== labels.sizes[0]) {
    throw new LabError(
      'dataset.path',
      `“${imagesFile}” has ${count} images, “${labelsFile}” ${labels.sizes[0]} labels`,
      'Both files must belong together.',
    );
  }
  const first = taken.first ?? Math.max(1, count - taken.last);
  if (first + taken.last > count) {
    const beside = taken.last > 0 ? ` beside ${taken.last} validation images` : '';
    throw new LabError(
      `dataset.${prefix === 't10k' ? 'test' : 'train'}`,
      `found ${first}${beside}; “${imagesFile}” has ${count} images`,
      'Lower the number.',
    );
  }
  const pixels = height * width;
  const part = (start: number, end: number): Split => ({
    images: Float32Array.from(images.data.subarray(start * pixels, end * pixels), (byte) => byte / 255),
    labels: labels.data.slice(start, end),
  });
  return { shape: [height, width], first: part(0, first), last: part(count - taken.last, count) };
}

function locate(folder: string, name: string): string | null {
  return [name, `${name}.gz`].map((file) => join(folder, file)).find((file) => existsSync(file)) ?? null;
}

async function readIdx(
  file: string,
  magic: number,
  dimensions: number,
  grants: Grants,
): Promise<{ sizes: number[]; data: Uint8Array }> {
  const raw = await readGranted(file, grants);
  let bytes: Buffer;
  try {
    bytes = file.endsWith('.gz') ? await promisify(gunzip)(raw) : raw;
  } catch (error) {
    throw new LabError(
      'dataset.path',
      `“${file}” cannot be unpacked: ${(error as Error).message}`,
      'Fetch or copy the file again.',
    );
  }
  const header = 4 + 4 * dimensions;
  if (bytes.length < header || bytes.readUInt32BE(0) !== magic) {
    throw new LabError(
      'dataset.path',
      `“${file}” is no IDX file of ${dimensions} dimension${dimensions > 1 ? 's' : ''} of bytes`,
      'Check that images and labels are not exchanged.',
    );
  }
  const sizes = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const expected = header + sizes.reduce((a, b) => a * b, 1);
  if (bytes.length < expected) {
    throw new LabError(
      'dataset.path',
      `“${file}” is truncated: ${bytes.length} bytes, its header promises ${expected}`,
      'Fetch or copy the file again.',
    );
  }
  return { sizes, data: bytes.subarray(header, expected) };
}
