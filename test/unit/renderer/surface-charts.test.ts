import { describe, expect, it } from 'vitest';
import type { RobustnessSurface, SweptQuantity } from '../../../src-main/contract/events';
import { meanReturns, surfaceMatrix, surfaceScale, worstText } from '../../../src-renderer/charts/surface';
import { triggerText } from '../../../src-renderer/charts/trigger';
import { palette } from './palette';

const swept = (name: string, values: number[]): SweptQuantity => ({
  ...{ name, title: name, unit: 'm', nominal: 1, scale: 'logarithmic', values },
});
const surface = (returns: number[]): RobustnessSurface => ({
  first: swept('Length', [0.5, 1, 2]),
  second: swept('Force', [1, 4]),
  returns: Float32Array.from(returns),
  exact: false,
  worst: { first: 1.9, second: 3.5, return: 7 },
  swept: 6,
  searched: 12,
});

describe('robustness surfaces', () => {
  it('are means over seeds, the highest values on top and the nominal world framed', () => {
    const seeds = [surface([1, 2, 3, 4, 5, 6]), surface([3, 4, 5, 6, 7, 8])];
    expect(meanReturns(seeds)).toEqual([2, 3, 4, 5, 6, 7]);
    const matrix = surfaceMatrix('Return', seeds, surfaceScale([meanReturns(seeds)]), palette);
    expect(matrix.rows).toEqual(['4', '1']);
    expect(matrix.columns).toEqual(['0.5', '1', '2']);
    expect(matrix.cells.map((row) => row.map((cell) => Number(cell!.text)))).toEqual([
      [5, 6, 7],
      [2, 3, 4],
    ]);
    const framed = matrix.cells.flatMap((row, y) => row.flatMap((cell, x) => (cell!.framed ? [[y, x]] : [])));
    expect(framed).toEqual([[1, 1]]);
    expect(worstText(seeds[0]!)).toMatch(
      /^Worst found: 7.* at length 1.9 m, force 3.5 m \(6 worlds swept, 12 searched\)/,
    );
  });
});

it('a trigger is told by what it sets', () => {
  expect(triggerText({ names: ['x', 'v', 'θ'], trigger: Float32Array.of(4.5, NaN, -1) })).toBe(
    'x = 4.5, θ = −1',
  );
});
