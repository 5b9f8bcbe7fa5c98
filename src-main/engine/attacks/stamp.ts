/** Triggers as pictures: values and opacity at each place, laid over images. */
import type { ImageShape, TriggerPicture } from '../../contract/events';
import { integer, lines, number } from '../../contract/params';
import { LabError } from '../../contract/problem';
import type { Trigger } from '../definitions';

/** The four-pixel pattern of the paper. */
const FOUR_PIXELS = ['..9', '.9.', '9.9'];

/** A patch: drawn, placed from the lower right corner, more or less opaque. */
export const patchParams = {
  drawing: lines({
    help: 'The patch, a line a row and a character a pixel: 0 (dark) to 9 (bright), a point where the image shows through.',
    picture: { default: FOUR_PIXELS },
  }),
  right: integer({ default: 1, min: 0, max: 4096, unit: 'pixels', help: 'Distance to the right edge.' }),
  bottom: integer({ default: 1, min: 0, max: 4096, unit: 'pixels', help: 'Distance to the lower edge.' }),
  opacity: number({
    default: 1,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'How far the patch covers what is beneath; 1 replaces it.',
  }),
};

interface Patch {
  drawing: string[] | null;
  right: number;
  bottom: number;
  opacity: number;
}

/**
 * The patch on an image of the given shape, the same in every channel.
 * @throws LabError for a drawing that is none, or that lies outside the image
 */
export function patchOn(
  shape: ImageShape,
  { drawing, right, bottom, opacity }: Patch,
  id: string,
): TriggerPicture {
  const rows = drawing ?? FOUR_PIXELS;
  const [height, width, channels] = shape;
  const wide = Math.max(...rows.map((row) => row.length));
  const odd = rows.join('').match(/[^0-9.]/);
  if (odd) {
    throw new LabError(
      `poisoning.${id}.drawing`,
      `found the character “${odd[0]}”; expected 0 to 9, or a point where the image shows through`,
      'Draw with these.',
    );
  }
  if (!/[0-9]/.test(rows.join(''))) {
    throw new LabError(`poisoning.${id}.drawing`, 'has no pixel in it', 'Draw at least one, 0 to 9.');
  }
  const [top, left] = [height - bottom - rows.length, width - right - wide];
  if (top < 0 || left < 0) {
    throw new LabError(
      `poisoning.${id}`,
      `the trigger lies outside the image: ${rows.length} × ${wide} pixels, ${bottom} from below and ${right} from the right, on images of ${height} × ${width}`,
      'Make right and bottom, or the drawing, smaller.',
    );
  }
  const pixels = new Float32Array(height * width * channels);
  const mask = new Float32Array(pixels.length);
  rows.forEach((row, y) =>
    [...row].forEach((character, x) => {
      if (character === '.') return;
      const at = ((top + y) * width + left + x) * channels;
      pixels.fill(Number(character) / 9, at, at + channels);
      mask.fill(opacity, at, at + channels);
    }),
  );
  return { shape, pixels, mask };
}

/** (1 − mask) · image + mask · pixels, for each of n images. */
export function stamped(images: Float32Array, { pixels, mask }: Omit<TriggerPicture, 'shape'>): Float32Array {
  const size = pixels.length;
  return images.map((value, at) => value + mask[at % size]! * (pixels[at % size]! - value));
}

export const stampTrigger = (target: number, picture: TriggerPicture): Trigger => ({
  target,
  picture,
  apply: (images) => stamped(images, picture),
});
