/** Writes PNG files of every kind, by the specification and without the library under test, for dataset tests. */
import { crc32, deflateSync } from 'node:zlib';

const COLOUR_TYPES = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgba: 6 } as const;

interface Png {
  kind: keyof typeof COLOUR_TYPES;
  width: number;
  height: number;
  depth?: number;
  /** Samples row by row, each in 0 … 2^depth − 1. */
  samples: number[];
  palette?: number[];
  transparency?: number[];
  /** Says that rows come in Adam7's seven passes; a 1×1 image has the first alone. */
  interlaced?: boolean;
}

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
};

/** Rows begin with a filter byte (0: none); samples are packed from the highest bit on. */
export function png({
  kind,
  width,
  height,
  depth = 8,
  samples,
  palette,
  transparency,
  interlaced,
}: Png): Buffer {
  const perRow = samples.length / height;
  const rows = Array.from({ length: height }, (_, y) => {
    const bits = samples
      .slice(y * perRow, (y + 1) * perRow)
      .map((sample) => sample.toString(2).padStart(depth, '0'))
      .join('');
    return [0, ...(bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2))];
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, COLOUR_TYPES[kind], 0, 0, interlaced ? 1 : 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette))] : []),
    ...(transparency ? [chunk('tRNS', Uint8Array.from(transparency))] : []),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flat()))),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** A 2×2 grey image of one value. */
export const grey = (value: number): Buffer =>
  png({ kind: 'grey', width: 2, height: 2, samples: [value, value, value, value] });
