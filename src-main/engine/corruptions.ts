/**
 * Natural corruptions: what happens to images without an enemy. The idea and the five severities are those of D. Hendrycks
 * and T. Dietterich, “Benchmarking neural network robustness to common corruptions and perturbations” (ICLR 2019,
 * arXiv:1903.12261); kinds and sizes are ours, for small images in [0, 1]. Lengths are shares of the image's side, so that
 * they mean the same at 28 and at 224 pixels.
 */
import type { Split } from '../contract/dataset';
import type { ImageShape } from '../contract/events';
import type { Random } from '../contract/random';
import type { ArmContext } from './context';
import type { Target } from './definitions';
import { predict } from './evaluate';
import { sizeOf } from './splits';

interface Corruption {
  /** What the five severities are, mild to severe. */
  severities: readonly [number, number, number, number, number];
  /** A corrupted copy of one image, height · width · channels, not yet clipped to [0, 1]. */
  corrupt(image: Float32Array, shape: ImageShape, severity: number, random: Random): Float32Array;
}

/** By name; titles stand in contract/metrics.ts. */
export const CORRUPTIONS: Record<string, Corruption> = {
  noise: {
    // Standard deviation of Gaussian noise on every value.
    severities: [0.1, 0.15, 0.2, 0.3, 0.4],
    corrupt: (image, _shape, deviation, random) => image.map((value) => value + deviation * random.normal()),
  },
  blur: {
    // Standard deviation of a Gaussian, in shares of the side: 0.6 to 2.2 pixels of 28.
    severities: [0.02, 0.03, 0.04, 0.06, 0.08],
    corrupt: (image, shape, deviation) => blurred(image, shape, deviation * Math.max(shape[0], shape[1])),
  },
  shift: {
    // Length of the way, in shares of the side (1.4 to 5.6 pixels of 28), in a direction drawn for each image.
    severities: [0.05, 0.08, 0.11, 0.15, 0.2],
    corrupt(image, shape, length, random) {
      const angle = 2 * Math.PI * random.uniform();
      const [dx, dy] = [length * shape[1] * Math.cos(angle), length * shape[0] * Math.sin(angle)];
      return moved(image, shape, (x, y) => [x - dx, y - dy]);
    },
  },
  rotation: {
    // Degrees about the middle, one way or the other.
    severities: [8, 15, 23, 30, 40],
    corrupt(image, shape, degrees, random) {
      const angle = ((random.uniform() < 0.5 ? -1 : 1) * degrees * Math.PI) / 180;
      const [cx, cy] = [(shape[1] - 1) / 2, (shape[0] - 1) / 2];
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      return moved(image, shape, (x, y) => [
        cx + cos * (x - cx) + sin * (y - cy),
        cy - sin * (x - cx) + cos * (y - cy),
      ]);
    },
  },
  contrast: {
    // Share of every value's distance from the image's mean that is left.
    severities: [0.75, 0.6, 0.45, 0.3, 0.15],
    corrupt(image, _shape, left) {
      const mean = image.reduce((a, b) => a + b, 0) / image.length;
      return image.map((value) => mean + left * (value - mean));
    },
  },
};

const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));

/** The image at the places that `from` gives for each pixel, bilinear; beyond the edge the edge goes on. */
function moved(
  image: Float32Array,
  [height, width, channels]: ImageShape,
  from: (x: number, y: number) => [number, number],
): Float32Array {
  const out = new Float32Array(image.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [sx, sy] = from(x, y);
      const [px, py] = [within(sx, width - 1), within(sy, height - 1)];
      const [x0, y0] = [Math.floor(px), Math.floor(py)];
      const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
      const [fx, fy] = [px - x0, py - y0];
      for (let c = 0; c < channels; c++) {
        const at = (column: number, row: number) => image[(row * width + column) * channels + c]!;
        out[(y * width + x) * channels + c] =
          (1 - fy) * ((1 - fx) * at(x0, y0) + fx * at(x1, y0)) +
          fy * ((1 - fx) * at(x0, y1) + fx * at(x1, y1));
      }
    }
  }
  return out;
}

/** Convolved with a Gaussian of that many pixels, one axis after the other; beyond the edge the edge goes on. */
function blurred(
  image: Float32Array,
  [height, width, channels]: ImageShape,
  deviation: number,
): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const along = (values: Float32Array, dx: number, dy: number): Float32Array => {
    const out = new Float32Array(values.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          const total = weights.reduce((whole, weight, i) => {
            const [column, row] = [x + dx * (i - reach), y + dy * (i - reach)];
            return (
              whole +
              weight * values[(within(row, height - 1) * width + within(column, width - 1)) * channels + c]!
            );
          }, 0);
          out[(y * width + x) * channels + c] = total / sum;
        }
      }
    }
    return out;
  };
  return along(along(image, 1, 0), 0, 1);
}

/** Every image of a split corrupted, in [0, 1]. Image i has a stream of its own: `random(i)`. */
export function corrupted(
  { images, labels }: Split,
  shape: ImageShape,
  { corrupt, severities }: Corruption,
  severity: number,
  random: (i: number) => Random,
): Split {
  const size = images.length / labels.length;
  const out = new Float32Array(images.length);
  labels.forEach((_, i) => {
    const image = corrupt(
      images.slice(i * size, (i + 1) * size),
      shape,
      severities[severity - 1]!,
      random(i),
    );
    out.set(
      image.map((value) => within(value, 1)),
      i * size,
    );
  });
  return { images: out, labels };
}

const CASES = Object.entries(CORRUPTIONS).flatMap(([name, corruption]) =>
  corruption.severities.map((_, i) => ({ name, corruption, severity: i + 1 })),
);

/** Corrupted copies that an arm is evaluated on. */
export const CORRUPTED_COPIES = CASES.length;

/**
 * Accuracy under every corruption and severity, told as `corruption` events. Streams depend on the seed alone: every arm of
 * a seed sees the same images.
 */
export async function evaluateCorruptions(
  target: Target,
  test: Split,
  shape: ImageShape,
  context: ArmContext,
  onCase: () => void,
): Promise<void> {
  for (const { name, corruption, severity } of CASES) {
    const random = (i: number) => context.random('corruption', name, severity, i);
    const split = corrupted(test, shape, corruption, severity, random);
    const { labels } = await predict(target, split);
    const right = labels.filter((label, i) => label === split.labels[i]).length;
    context.emit({
      type: 'corruption',
      arm: context.arm.index,
      corruption: name,
      severity,
      metrics: { accuracy: right / sizeOf(test) },
    });
    onCase();
    await context.breathe();
  }
}
