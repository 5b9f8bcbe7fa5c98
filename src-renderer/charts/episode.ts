/** What the steps of a recorded episode say: where the action flipped, where twins part, what the attack spent. */
import type { Trajectory } from '../../src-main/contract/fold';

/** First arg-max of each row of scores, as the agent acts. */
export function choices(scores: Float32Array, actions: number): Uint8Array {
  return Uint8Array.from({ length: scores.length / actions }, (_, row) => {
    let best = 0;
    for (let a = 1; a < actions; a++)
      if (scores[row * actions + a]! > scores[row * actions + best]!) best = a;
    return best;
  });
}

/** An episode whose thoughts were recorded; older sessions have none. */
export type Thoughtful = Trajectory &
  Required<Pick<Trajectory, 'scores' | 'perceivedScores' | 'actionNames'>>;

export const isThoughtful = (trajectory: Trajectory): trajectory is Thoughtful =>
  trajectory.scores !== undefined &&
  trajectory.perceivedScores !== undefined &&
  trajectory.actionNames !== undefined;

export const isAttacked = ({ attack }: Pick<Trajectory, 'attack'>): boolean => attack !== null;

/** 1 at each step whose action the perturbation changed; null where that was not recorded. */
export function flips(trajectory: Trajectory): Uint8Array | null {
  if (!isThoughtful(trajectory) || !isAttacked(trajectory)) return null;
  const intended = choices(trajectory.scores, trajectory.actionNames.length);
  return trajectory.actions.map((action, step) => (action === intended[step] ? 0 : 1));
}

/** The first step at which two episodes from one start are not in the same state; null when they never part. */
export function parting(a: Trajectory, b: Trajectory): number | null {
  const size = a.observationNames.length;
  const steps = Math.min(a.actions.length, b.actions.length);
  for (let i = 0; i < steps * size; i++)
    if (a.observations[i] !== b.observations[i]) return Math.floor(i / size);
  return a.actions.length === b.actions.length ? null : steps;
}

/** Where flags are up, as steps from and to (not included). */
export function stretches(flags: Uint8Array): [from: number, to: number][] {
  const found: [number, number][] = [];
  flags.forEach((flag, step) => {
    if (!flag) return;
    const last = found.at(-1);
    if (last?.[1] === step) last[1]++;
    else found.push([step, step + 1]);
  });
  return found;
}

/** How far the action that the truth calls for lies above the best other one, given some scores; below 0 it is not taken. */
export function margins(scores: Float32Array, intended: Uint8Array, actions: number): number[] {
  return Array.from(intended, (own, row) => {
    let other = -Infinity;
    for (let a = 0; a < actions; a++) if (a !== own) other = Math.max(other, scores[row * actions + a]!);
    return scores[row * actions + own]! - other;
  });
}

/** What an attack delivered up to a step. */
export interface Spent {
  attacked: number;
  flipped: number;
  mean: number;
  largest: number;
}

/** By the number of steps taken, from 0 on; null where distances were not recorded. */
export function spending(trajectory: Trajectory): Spent[] | null {
  const flipped = flips(trajectory);
  if (!flipped || !trajectory.distances) return null;
  const sums: Spent[] = [{ attacked: 0, flipped: 0, mean: 0, largest: 0 }];
  let sum = 0;
  trajectory.distances.forEach((distance, step) => {
    const before = sums[step]!;
    sum += distance;
    sums.push({
      attacked: before.attacked + (distance > 0 ? 1 : 0),
      flipped: before.flipped + flipped[step]!,
      mean: sum / (step + 1),
      largest: Math.max(before.largest, distance),
    });
  });
  return sums;
}
