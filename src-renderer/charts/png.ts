/** How large a PNG is to be printed: the chunk pHYs, which canvases do not write (PNG, W3C 2003, 11.3.5.3). */

function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** Signature (8) and header (4 length, 4 type, 13 data, 4 checksum) come first in every PNG. */
const AFTER_HEADER = 33;

/**
 * @param png base64
 * @param perMetre pixels
 */
export function withResolution(png: string, perMetre: number): string {
  const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
  const chunk = new Uint8Array(21);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, 9);
  chunk.set(
    Array.from('pHYs', (character) => character.charCodeAt(0)),
    4,
  );
  view.setUint32(8, Math.round(perMetre));
  view.setUint32(12, Math.round(perMetre));
  view.setUint8(16, 1); // the unit is the metre
  view.setUint32(17, crc(chunk.subarray(4, 17)));
  const all = [bytes.subarray(0, AFTER_HEADER), chunk, bytes.subarray(AFTER_HEADER)];
  // Piecewise: a call takes only so many arguments.
  let text = '';
  for (const part of all)
    for (let at = 0; at < part.length; at += 8192)
      text += String.fromCharCode(...part.subarray(at, at + 8192));
  return btoa(text);
}
