/** Draws a Scene: shapes in the environment's own units, inks by meaning. */
import type { Ink, Scene, Shape } from '../../src-main/contract/scene';

export type Frame = Omit<Scene, 'shapes'>;
export type Inks = Record<Ink, string>;

/** In device pixels: a font of a fraction of a pixel, scaled up, loses its shape. */
function drawText(context: CanvasRenderingContext2D, { text, x, y, size }: Shape & { shape: 'text' }): void {
  const { a: scale, e, f } = context.getTransform();
  context.save();
  context.resetTransform();
  context.font = `600 ${size * scale}px sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, e + x * scale, f + y * scale);
  context.restore();
}

function drawShape(context: CanvasRenderingContext2D, shape: Shape, inks: Inks): void {
  const ink = inks[shape.ink];
  context.fillStyle = ink;
  switch (shape.shape) {
    case 'rectangle':
      context.beginPath();
      context.roundRect(shape.x, shape.y, shape.width, shape.height, shape.radius ?? 0);
      context.fill();
      break;
    case 'circle':
      context.beginPath();
      context.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
      context.fill();
      break;
    case 'line':
      context.strokeStyle = ink;
      context.lineWidth = shape.width;
      context.lineCap = 'round';
      context.beginPath();
      context.moveTo(shape.x1, shape.y1);
      context.lineTo(shape.x2, shape.y2);
      context.stroke();
      break;
    case 'text':
      drawText(context, shape);
      break;
  }
}

/** Where a scene lies in a place of that size, in its pixels. */
export function fitted(
  frame: Pick<Frame, 'width' | 'height'>,
  { width, height }: { width: number; height: number },
): { scale: number; left: number; top: number } {
  const scale = Math.min(width / frame.width, height / frame.height);
  return { scale, left: (width - frame.width * scale) / 2, top: (height - frame.height * scale) / 2 };
}

/** The middle of the first shape in an ink that has one. */
export function middleOf(shapes: readonly Shape[], ink: Ink): { x: number; y: number } | null {
  const shape = shapes.find((one) => one.ink === ink && one.shape !== 'line');
  if (!shape || shape.shape === 'line') return null;
  return shape.shape === 'rectangle'
    ? { x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 }
    : { x: shape.x, y: shape.y };
}

/** Fits the scene into `width` × `height` CSS pixels, centred, in whole device pixels. `ghost` is drawn faintly above. */
export function drawScene(
  canvas: HTMLCanvasElement,
  frame: Frame,
  shapes: readonly Shape[],
  ghost: readonly Shape[],
  inks: Inks,
  size: { width: number; height: number; ratio: number },
): void {
  const { width, height, ratio } = size;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  const { scale, left, top } = fitted(frame, canvas);
  context.setTransform(scale, 0, 0, scale, left, top);
  for (const shape of [...frame.backdrop, ...shapes]) drawShape(context, shape, inks);
  context.globalAlpha = 0.4;
  for (const shape of ghost) drawShape(context, shape, inks);
  context.globalAlpha = 1;
}
