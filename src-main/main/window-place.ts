/** Where a window may open again: its remembered place, if a screen still shows it. */
import { z } from 'zod';

export const windowPlace = z.object({
  x: z.int().optional(),
  y: z.int().optional(),
  width: z.int().min(1),
  height: z.int().min(1),
  maximized: z.boolean(),
  /** 1 unless the user zoomed. */
  zoom: z.number().min(0.25).max(5).optional(),
});
export type WindowPlace = z.infer<typeof windowPlace>;

export const MIN_SIZE = { width: 900, height: 600 };
export const FIRST_PLACE: WindowPlace = { width: 1360, height: 860, maximized: false };

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How much of the title bar must be on a screen for the window to be moved by it, in pixels. */
const GRIP = 80;

/** The place without its position when no screen shows enough of it, and never larger than the largest screen. */
export function reachable(place: WindowPlace, screens: Area[]): WindowPlace {
  const { x, y, maximized, zoom } = place;
  const width = Math.max(
    MIN_SIZE.width,
    Math.min(place.width, Math.max(...screens.map((screen) => screen.width))),
  );
  const height = Math.max(
    MIN_SIZE.height,
    Math.min(place.height, Math.max(...screens.map((screen) => screen.height))),
  );
  const seen =
    x !== undefined &&
    y !== undefined &&
    screens.some(
      (screen) =>
        Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x) >= GRIP &&
        y >= screen.y &&
        y <= screen.y + screen.height - GRIP,
    );
  return { ...(seen ? { x, y } : {}), width, height, maximized, ...(zoom ? { zoom } : {}) };
}
