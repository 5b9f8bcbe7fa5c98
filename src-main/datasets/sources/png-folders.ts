import { join } from 'node:path';
import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png';
import { defineDataset, type Grants, type Split } from '../../contract/dataset';
import { path } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { listFolder, readGranted } from '../files';
import { assertClasses, partParams, pixelMemory, takeParts } from '../parts';
import { fifth, stratifiedOrder, stratifiedPools } from '../stratify';

/** Offset of the interlace method, the last byte of the header (PNG specification, 11.2.2). */
const INTERLACE = 28;

/**
 * A folder of PNG files, one subfolder a class: `train/CLASS/*.png` and `test/CLASS/*.png`, or `CLASS/*.png` alone, which
 * is split once and for all. Classes are the folders' names in the order of their characters' codes; within a class
 * files are ordered likewise, and classes are interleaved in proportion, so that the first N images hold all of them.
 */
export default defineDataset({
  id: 'png-folders',
  title: 'PNG class folders',
  summary:
    'Your own images, one folder a class: train/CLASS/*.png and test/CLASS/*.png, or CLASS/*.png, of which a fixed, stratified fifth is tested on. Grey or RGB, 8 or 16 bit or with a palette, scaled to [0, 1]. With test/ alone only imported models can be attacked.',
  reference: {
    authors: 'D. Duce (ed.)',
    title: 'Portable Network Graphics (PNG) Specification (Second Edition)',
    year: 2003,
    where: 'W3C Recommendation, ISO/IEC 15948:2003',
  },
  params: {
    path: path({
      what: 'folder',
      help: 'Folder with test/CLASS/*.png, and train/CLASS/*.png to train on, or with CLASS/*.png.',
    }),
    ...partParams,
  },
  async load({ path: folder, ...sizes }, grants) {
    const { classes, pools } = await findImages(folder, grants);
    const parts = takeParts(pools, sizes);
    const first = await readPng(parts.test[0]!.file, grants);
    const read = (images: Image[]): Promise<Split> => readSplit(images, first, grants);
    return {
      name: `PNG class folders (${parts.train.length} to train on, ${parts.test.length} to test on)`,
      shape: first.shape,
      classes,
      train: await read(parts.train),
      validation: await read(parts.validation),
      test: await read(parts.test),
    };
  },
});

interface Image {
  file: string;
  label: number;
}

interface Decoded {
  file: string;
  shape: [height: number, width: number, channels: number];
  pixels: Float32Array;
}

async function findImages(
  folder: string,
  grants: Grants,
): Promise<{ classes: string[]; pools: { train: Image[]; test: Image[] } }> {
  const { folders } = await listFolder(folder, grants);
  if (folders.includes('train') && !folders.includes('test')) {
    throw new LabError(
      'dataset.path',
      `“${join(folder, 'test')}” is missing beside train`,
      `Add it, or give “${join(folder, 'train')}” to have a fifth of its images tested on.`,
    );
  }
  if (!folders.includes('test')) {
    const all = await readClasses(folder, grants);
    const classes = [...all.keys()];
    assertClasses(classes, folder);
    const images = imagesOf(all, classes);
    const pools = stratifiedPools(labelsOf(images), classes.length, fifth(images.length));
    const pick = (indices: number[]): Image[] => indices.map((i) => images[i]!);
    return { classes, pools: { train: pick(pools.train), test: pick(pools.test) } };
  }
  const test = await readClasses(join(folder, 'test'), grants);
  const train = folders.includes('train') ? await readClasses(join(folder, 'train'), grants) : null;
  const classes = [...(train ?? test).keys()];
  assertClasses(classes, folder);
  const unknown = [...test.keys()].find((name) => !classes.includes(name));
  if (unknown !== undefined) {
    throw new LabError(
      'dataset.path',
      `“${join(folder, 'test', unknown)}” is a class that train does not have; expected ${classes.join(', ')}`,
      'Give both parts the same class folders.',
    );
  }
  const mixed = (images: Image[]): Image[] =>
    stratifiedOrder(labelsOf(images), classes.length).map((i) => images[i]!);
  return {
    classes,
    pools: { train: mixed(imagesOf(train, classes)), test: mixed(imagesOf(test, classes)) },
  };
}

/** PNG files of each class folder; other files are left aside. */
async function readClasses(folder: string, grants: Grants): Promise<Map<string, string[]>> {
  const classes = new Map<string, string[]>();
  for (const name of (await listFolder(folder, grants)).folders) {
    const inside = join(folder, name);
    const files = (await listFolder(inside, grants)).files.filter((file) => /\.png$/i.test(file));
    if (files.length === 0) {
      throw new LabError(
        'dataset.path',
        `the class folder “${inside}” holds no PNG file`,
        'Put images into it or take it away.',
      );
    }
    classes.set(
      name,
      files.map((file) => join(inside, file)),
    );
  }
  if (classes.size === 0) {
    throw new LabError(
      'dataset.path',
      `“${folder}” holds no class folders`,
      'Put the images of each class into a folder with the name of the class.',
    );
  }
  return classes;
}

const imagesOf = (files: Map<string, string[]> | null, classes: string[]): Image[] =>
  classes.flatMap((name, label) => (files?.get(name) ?? []).map((file) => ({ file, label })));

const labelsOf = (images: Image[]): Uint8Array => Uint8Array.from(images, ({ label }) => label);

async function readSplit(images: Image[], first: Decoded, grants: Grants): Promise<Split> {
  const size = first.pixels.length;
  const pixels = pixelMemory(images.length * size);
  for (const [i, { file }] of images.entries()) {
    const image = await readPng(file, grants);
    if (String(image.shape) !== String(first.shape)) {
      throw new LabError(
        'dataset.path',
        `“${file}” is ${image.shape.join('×')} (height×width×channels); expected ${first.shape.join('×')} as “${first.file}”`,
        'Bring all images to one size, all grey or all RGB.',
      );
    }
    pixels.set(image.pixels, i * size);
  }
  return { images: pixels, labels: labelsOf(images) };
}

async function readPng(file: string, grants: Grants): Promise<Decoded> {
  const bytes = await readGranted(file, grants);
  let png: DecodedPng;
  let samples: Samples;
  try {
    png = decode(bytes, { checkCrc: true });
    if (png.depth < 8 && bytes[INTERLACE] !== 0) {
      throw new Error('interlaced images of less than 8 bits are not read'); // fast-png 8.0 does not unpack them
    }
    samples = samplesOf(png);
  } catch (error) {
    throw new LabError(
      'dataset.path',
      `“${file}” is no sound PNG file: ${(error as Error).message}`,
      'Save or copy it again.',
    );
  }
  const { data, channels, max } = samples;
  const colours = channels > 2 ? 3 : 1;
  const pixels = new Float32Array(png.width * png.height * colours);
  for (let i = 0; i < png.width * png.height; i++) {
    for (let c = 0; c < colours; c++) pixels[i * colours + c] = data[i * channels + c]! / max;
    if (channels > colours && data[i * channels + colours] !== max) throw transparent(file);
  }
  // A colour declared to be transparent, in an image without an alpha channel.
  if (png.transparency) throw transparent(file);
  return { file, shape: [png.height, png.width, colours], pixels };
}

/** What lies behind a transparent pixel is not in the file; a background chosen here would be made up. */
const transparent = (file: string): LabError =>
  new LabError(
    'dataset.path',
    `“${file}” has transparent pixels; expected opaque ones`,
    'Flatten the images on the background that you mean.',
  );

interface Samples {
  /** Pixel by pixel, channel by channel: grey, grey and alpha, RGB, or RGB and alpha. */
  data: ArrayLike<number>;
  channels: number;
  max: number;
}

/** Palette indices and greys of less than 8 bits, which PNG packs into bytes, are looked up; the rest is as stored. */
function samplesOf(png: DecodedPng): Samples {
  const palette = png.channels === 1 ? png.palette : undefined; // an RGB file may carry one as a mere suggestion
  if (!palette && png.depth >= 8) return { data: png.data, channels: png.channels, max: 2 ** png.depth - 1 };
  const colours = palette ?? greyLevels(png.depth);
  return {
    data: convertIndexedToRgb({ ...png, palette: colours }),
    channels: colours[0]!.length,
    max: 255,
  };
}

const greyLevels = (depth: number): number[][] =>
  Array.from({ length: 2 ** depth }, (_, level) => [(255 * level) / (2 ** depth - 1)]);
