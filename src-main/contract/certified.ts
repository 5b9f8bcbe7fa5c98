/** Certified accuracy over the arms of a run: what is proven to be right at a radius, whatever is done to the inputs. */
import type { Norm } from './catalog';
import type { ArmState, RunState } from './fold';
import { shareInterval, type Interval } from './statistics';

export const CERTIFIED_NORMS: readonly Norm[] = ['linf', 'l2'];

const radiusOf = ({ certified }: ArmState, norm: Norm): Float32Array[] =>
  certified?.norm === norm ? [certified.radius] : [];

/** Evenly spaced radii from 0 to the largest that is proven of any input of the run in this norm; none where nothing is. */
export function certifiedRadii({ arms }: RunState, norm: Norm, points: number): number[] {
  const all = arms.flatMap((arm) => radiusOf(arm, norm));
  const most = all.reduce((largest, radius) => radius.reduce((a, b) => Math.max(a, b), largest), 0);
  return most > 0 ? Array.from({ length: points }, (_, i) => (most * i) / (points - 1)) : [];
}

/** Share of the inputs that are proven right at the radius, mean over the arms; null where no certificate was tried. */
export const certifiedAccuracy = (arms: readonly ArmState[], norm: Norm, at: number): Interval | null =>
  shareInterval(
    arms
      .flatMap((arm) => radiusOf(arm, norm))
      .map((radius) => radius.filter((proven) => proven >= at).length / radius.length),
  );
