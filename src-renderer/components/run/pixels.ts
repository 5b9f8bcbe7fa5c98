/** Images of examples as pixels of a canvas. */

export type ImageShape = [height: number, width: number, channels: number];

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** The largest round factor at which the perturbation still fits the range of a picture (± one half). */
export function amplification(clean: Float32Array, adversarial: Float32Array): number {
  let largest = 0;
  clean.forEach((value, i) => (largest = Math.max(largest, Math.abs(adversarial[i]! - value))));
  if (largest === 0) return 1;
  return STEPS.filter((step) => step * largest <= 0.5 + 1e-6).at(-1) ?? 1;
}

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

/** Zero is mid-grey; of one channel, brighter is orange and darker is blue, since grey on grey shows no sign. */
export function perturbation(
  values: Float32Array,
  factor: number,
  [height, width, channels]: ImageShape,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(height * width * 4);
  const UP = [230, 120, 20];
  const DOWN = [30, 110, 200];
  const ZERO = 236;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      if (channels === 1) {
        const strength = Math.min(1, 2 * factor * Math.abs(values[i]!));
        const pole = values[i]! > 0 ? UP[c]! : DOWN[c]!;
        bytes[4 * i + c] = ZERO + strength * (pole - ZERO);
      } else {
        bytes[4 * i + c] = 255 * (0.5 + factor * values[i * channels + Math.min(c, channels - 1)]!);
      }
    }
    bytes[4 * i + 3] = 255;
  }
  return bytes;
}

export function norms(values: Float32Array): { l2: number; linf: number } {
  let squares = 0;
  let largest = 0;
  for (const value of values) {
    squares += value * value;
    largest = Math.max(largest, Math.abs(value));
  }
  return { l2: Math.sqrt(squares), linf: largest };
}
