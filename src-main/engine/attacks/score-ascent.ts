/** Attacks that climb a loss of the agent's scores: by gradient steps in a box, by trying every cell on a grid. */
import { derivedNumber, integer } from '../../contract/params';
import type { Belief, Policy, Reach } from '../definitions';
import type { Ball } from '../rl/ball';
import { climb } from '../rl/climb';
import type { LossFrom } from '../rl/score-losses';
import type { Random } from '../../contract/random';

/** Parameters of the gradient steps; `derive` and these belong together. */
export const stepParams = {
  steps: integer({ default: 10, min: 1, max: 10_000, unit: 'steps', help: 'Gradient steps an observation.' }),
  stepSize: derivedNumber({
    derived: '2.5 · epsilon / steps',
    min: 0,
    unit: 'observation range',
    help: 'Length of one step, in the norm and unit of epsilon.',
    advanced: true,
  }),
};
export const deriveStepSize = ({ epsilon, steps }: { epsilon: number; steps: number }) => ({
  stepSize: (2.5 * epsilon) / steps,
});

/** The observations of highest loss met on some gradient steps. */
export function ascended(
  observations: Float32Array,
  policy: Policy,
  lossFrom: LossFrom,
  { steps, stepSize }: { steps: number; stepSize: number },
  { ball, random }: { ball: Ball; random: Random },
  noisy: { langevin: boolean; mirrored: boolean } = { langevin: false, mirrored: false },
): Float32Array {
  const loss = lossFrom(policy.scores(observations));
  return climb(
    observations,
    (rows) => policy.gradient!(rows, loss),
    ball,
    { steps, stepSize, ...noisy },
    random,
  );
}

/** For each state the cell within reach of highest loss, the true one where none exceeds it. */
export const highestCells = (reach: Reach[], policy: Policy, lossFrom: LossFrom): Belief[][] =>
  reach.map(({ state, cells }) => {
    const { actions } = policy;
    const truth = policy.scores(Float32Array.of(state));
    // The loss of every cell, each against the scores in the true one.
    const repeated = Float32Array.from({ length: cells.length * actions }, (_, k) => truth[k % actions]!);
    const { loss } = lossFrom(repeated)(policy.scores(Float32Array.from(cells)));
    const highest = cells.reduce(
      (found, _, i) => (loss[i]! > loss[found]! ? i : found),
      Math.max(0, cells.indexOf(state)),
    );
    return [{ state: cells[highest]!, probability: 1 }];
  });
