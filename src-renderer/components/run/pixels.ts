/** Images of examples as pixels of a canvas. */

import type { ImageShape } from '../../../src-main/contract/events';

export function difference(clean: Float32Array, adversarial: Float32Array): Float32Array {
  return clean.map((value, i) => adversarial[i]! - value);
}

/** Grey or RGB values in [0, 1] as RGBA bytes. */
export function picture(
  values: Float32Array,
  [height, width, channels]: ImageShape,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(height * width * 4);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) bytes[4 * i + c] = 255 * values[i * channels + Math.min(c, channels - 1)]!;
    bytes[4 * i + 3] = 255;
  }
  return bytes;
}

/**
 * A signed difference; the ends of the colours stand for ± `scale`. Of one channel from blue (darker) over pale grey to orange (brighter); of
 * three around mid-grey, channel by channel.
 */
export function perturbation(
  values: Float32Array,
  scale: number,
  [height, width, channels]: ImageShape,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(height * width * 4);
  const UP = [217, 95, 2];
  const DOWN = [20, 100, 190];
  const ZERO = 240;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const share = scale && values[i * channels + Math.min(c, channels - 1)]! / scale;
      if (channels === 1) {
        const pole = share > 0 ? UP[c]! : DOWN[c]!;
        bytes[4 * i + c] = ZERO + Math.min(1, Math.abs(share)) * (pole - ZERO);
      } else {
        bytes[4 * i + c] = 255 * (0.5 + share / 2);
      }
    }
    bytes[4 * i + 3] = 255;
  }
  return bytes;
}

/** The colours of one channel's perturbation from − to +, as a picture of one row. */
export const ramp = (): { bytes: Uint8ClampedArray<ArrayBuffer>; shape: ImageShape } => {
  const shape: ImageShape = [1, 101, 1];
  return {
    bytes: perturbation(
      Float32Array.from({ length: 101 }, (_, i) => i / 50 - 1),
      1,
      shape,
    ),
    shape,
  };
};

export function norms(values: Float32Array): { l2: number; linf: number } {
  let squares = 0;
  let largest = 0;
  for (const value of values) {
    squares += value * value;
    largest = Math.max(largest, Math.abs(value));
  }
  return { l2: Math.sqrt(squares), linf: largest };
}
