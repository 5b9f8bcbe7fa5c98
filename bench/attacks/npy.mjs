/** NumPy's file format (version 1.0) for the arrays the lab has. */
const TYPES = new Map([
  [Float32Array, '<f4'],
  [Uint8Array, '|u1'],
]);

/** The bytes of a .npy file. The header is padded with spaces so that the data begin at a multiple of 64. */
export function npy(array, shape) {
  const type = TYPES.get(array.constructor);
  const dimensions = shape.map((n) => `${n}, `).join('');
  const entries = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const header = Buffer.from(
    `${entries.padEnd(Math.ceil((entries.length + 11) / 64) * 64 - 11)}\n`,
    'latin1',
  );
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  const data = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, header, data]);
}
