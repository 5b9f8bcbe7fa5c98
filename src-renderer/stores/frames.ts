/**
 * Runs `flush` in an animation frame, once for however many requests came before it, and no oftener than every
 * `intervalMs`: charts cost more than a frame, and nobody reads ten values a second.
 */
export function coalesce(flush: () => void, intervalMs: number): { request: () => void; cancel: () => void } {
  let frame = 0;
  let last = -Infinity;
  const tick = (now: number): void => {
    if (now - last < intervalMs) {
      frame = requestAnimationFrame(tick);
      return;
    }
    last = now;
    frame = 0;
    flush();
  };
  return {
    request: () => {
      frame ||= requestAnimationFrame(tick);
    },
    cancel: () => {
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };
}
