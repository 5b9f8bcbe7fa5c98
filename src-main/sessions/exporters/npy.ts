/** Arrays as NumPy's files, format 1.0 (numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
import { bytesOf } from '../encoding';

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

const DTYPES: [new (...all: never[]) => Numbers, string][] = [
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Int32Array, '<i4'],
  [Uint8Array, '|u1'],
];

/** @param shape in C order; its product is the number of values */
export function npy(values: Numbers | string[], shape: number[] = [values.length]): Uint8Array {
  const { dtype, bytes } = Array.isArray(values) ? unicode(values) : numbers(values);
  const size = shape.reduce((a, b) => a * b, 1);
  if (size !== values.length)
    throw new RangeError(`${values.length} values for the shape ${shape.join(' × ')}`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const described = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic, version and length are 10 bytes; with the header and its newline a multiple of 64.
  const header = `${described.padEnd(Math.ceil((described.length + 11) / 64) * 64 - 11)}\n`;
  const file = new Uint8Array(10 + header.length + bytes.length);
  file.set([0x93, ...Buffer.from('NUMPY', 'latin1'), 1, 0, header.length & 0xff, header.length >> 8]);
  file.set(Buffer.from(header, 'latin1'), 10);
  file.set(bytes, 10 + header.length);
  return file;
}

function numbers(values: Numbers): { dtype: string; bytes: Uint8Array } {
  const [, dtype] = DTYPES.find(([type]) => values instanceof type)!;
  return { dtype, bytes: bytesOf(values) };
}

/** NumPy's unicode strings: 32 bits a character, all as long as the longest. */
function unicode(values: string[]): { dtype: string; bytes: Uint8Array } {
  const points = values.map((value) => Array.from(value, (character) => character.codePointAt(0)!));
  const longest = Math.max(1, ...points.map(({ length }) => length));
  const flat = new Uint32Array(values.length * longest);
  points.forEach((point, i) => flat.set(point, i * longest));
  return { dtype: `<U${longest}`, bytes: bytesOf(flat) };
}
