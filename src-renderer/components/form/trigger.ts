/** A trigger as the editor draws it: the pixels of an image, and the drawing and place that the experiment holds. */

/** Side of the image drawn on: MNIST's. On other images the patch lies as far from the lower right corner. */
export const SIDE = 28;

export interface PlacedDrawing {
  drawing: readonly string[];
  right: number;
  bottom: number;
}

/** '0' to '9' at each pixel of the image, row by row; null where it shows through. Null as a whole where it lies outside. */
export function pixelsOf({ drawing, right, bottom }: PlacedDrawing): (string | null)[] | null {
  const wide = Math.max(...drawing.map((row) => row.length));
  const [top, left] = [SIDE - bottom - drawing.length, SIDE - right - wide];
  if (top < 0 || left < 0) return null;
  const pixels = Array.from<string | null>({ length: SIDE * SIDE }).fill(null);
  drawing.forEach((row, y) =>
    [...row].forEach((character, x) => {
      if (/[0-9]/.test(character)) pixels[(top + y) * SIDE + left + x] = character;
    }),
  );
  return pixels;
}

/** The smallest drawing that holds all pixels, and its place; null where there is none. */
export function drawingOf(pixels: readonly (string | null)[]): PlacedDrawing | null {
  const drawn = pixels.flatMap((value, at) => (value === null ? [] : [at]));
  if (drawn.length === 0) return null;
  const rows = drawn.map((at) => Math.floor(at / SIDE));
  const columns = drawn.map((at) => at % SIDE);
  const [top, last] = [Math.min(...rows), Math.max(...rows)];
  const [left, end] = [Math.min(...columns), Math.max(...columns)];
  const drawing = Array.from({ length: last - top + 1 }, (_, y) =>
    pixels
      .slice((top + y) * SIDE + left, (top + y) * SIDE + end + 1)
      .map((value) => value ?? '.')
      .join(''),
  );
  return { drawing, right: SIDE - 1 - end, bottom: SIDE - 1 - last };
}
