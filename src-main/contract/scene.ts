/**
 * Scenes: how an environment is drawn. Environments give shapes in their own units; the window maps them to its canvas
 * and its theme, so a new environment needs no new drawing code.
 */

/** Named by meaning, never by colour: the theme decides. */
export type Ink = 'ground' | 'line' | 'agent' | 'agent-part' | 'goal' | 'hazard' | 'start' | 'muted' | 'text';

export type Shape =
  | { shape: 'rectangle'; x: number; y: number; width: number; height: number; ink: Ink; radius?: number }
  | { shape: 'circle'; x: number; y: number; radius: number; ink: Ink }
  | { shape: 'line'; x1: number; y1: number; x2: number; y2: number; width: number; ink: Ink }
  | { shape: 'text'; x: number; y: number; size: number; text: string; ink: Ink };

/** x grows to the right, y downwards, from (0, 0) to (width, height). */
export interface Scene {
  width: number;
  height: number;
  /** Drawn first and the same in every step. */
  backdrop: Shape[];
  /** What moves. */
  shapes: Shape[];
}
