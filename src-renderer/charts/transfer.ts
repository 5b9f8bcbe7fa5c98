/** The transfer matrix of arm families: examples made at one, tried on another. */
import type { Transfer } from '../../src-main/contract/fold';
import { shareInterval, type Interval } from '../../src-main/contract/statistics';
import type { Family } from './families';

/**
 * Rows are sources, columns targets. A cell is the mean over the source's seeds, each the mean over the target's; on the
 * diagonal other seeds of the family are the targets. Null where nothing was transferred yet.
 */
export function transferMatrix(
  transfers: readonly Transfer[],
  families: readonly Family[],
  attack: number,
  metric: string,
): (Interval | null)[][] {
  const tried = transfers.filter((one) => one.attack === attack);
  return families.map((from) =>
    families.map((to) => {
      const perSeed = from.arms.flatMap((source) => {
        const values = tried
          .filter((one) => one.source === source && to.arms.includes(one.target))
          .flatMap((one) => one.metrics[metric] ?? []);
        return values.length ? [values.reduce((a, b) => a + b, 0) / values.length] : [];
      });
      return shareInterval(perSeed);
    }),
  );
}
