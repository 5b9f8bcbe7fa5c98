import { expect, test } from 'vitest';
import { drawScene, fitted, middleOf, type Inks } from '../../../src-renderer/scenes/draw';

test('a scene fits its place, centred, in device pixels, each shape in the ink of its meaning', () => {
  const calls: unknown[][] = [];
  const context = new Proxy({} as Record<string, unknown>, {
    get: (target, name: string) => target[name] ?? ((...args: unknown[]) => calls.push([name, ...args])),
    set: (target, name: string, value) => {
      target[name] = value;
      calls.push([name, value]);
      return true;
    },
  });
  const canvas = { width: 0, height: 0, getContext: () => context } as unknown as HTMLCanvasElement;
  const inks = { agent: 'blue', ground: 'grey' } as Inks;
  drawScene(
    canvas,
    {
      width: 100,
      height: 50,
      backdrop: [{ shape: 'rectangle', x: 0, y: 40, width: 100, height: 10, ink: 'ground' }],
    },
    [{ shape: 'circle', x: 50, y: 30, radius: 5, ink: 'agent' }],
    [{ shape: 'circle', x: 60, y: 30, radius: 5, ink: 'agent' }],
    inks,
    { width: 200, height: 200, ratio: 2 },
  );
  expect([canvas.width, canvas.height]).toEqual([400, 400]);
  expect(calls).toContainEqual(['setTransform', 4, 0, 0, 4, 0, 100]);
  expect(calls.filter(([name]) => name === 'fillStyle').map(([, ink]) => ink)).toEqual([
    'grey',
    'blue',
    'blue',
  ]);
  const ghost = calls.findIndex(([name, value]) => name === 'globalAlpha' && value !== 1);
  expect(calls.findIndex(([name, x]) => name === 'arc' && x === 60)).toBeGreaterThan(ghost);
});

test('what is laid over a scene lies where its shapes do', () => {
  expect(fitted({ width: 100, height: 50 }, { width: 200, height: 200 })).toEqual({
    scale: 2,
    left: 0,
    top: 50,
  });
  const shapes = [
    { shape: 'line', x1: 0, y1: 0, x2: 9, y2: 9, width: 1, ink: 'agent' },
    { shape: 'rectangle', x: 2, y: 4, width: 2, height: 4, ink: 'agent' },
  ] as const;
  expect(middleOf(shapes, 'agent')).toEqual({ x: 3, y: 6 });
  expect(middleOf(shapes, 'goal')).toBeNull();
});
