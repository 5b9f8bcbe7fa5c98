import type { Random } from '../contract/random';

/** An index drawn with these probabilities; the last one where rounding leaves their sum below 1. */
export function drawn(probabilities: ArrayLike<number>, random: Random): number {
  let left = random.uniform();
  for (let index = 0; index < probabilities.length; index++) {
    left -= probabilities[index]!;
    if (left < 0) return index;
  }
  return probabilities.length - 1;
}
