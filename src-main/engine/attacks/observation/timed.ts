import { number } from '../../../contract/params';
import { defineObservationAttack } from '../../definitions';
import { softmax, towards } from '../../rl/score-losses';
import { rowsOf } from '../../rl/worlds';
import { boxParams, inBox } from '../observation-budget';
import { ascended, deriveStepSize, stepParams } from '../score-ascent';

/**
 * Strategically timed attack (Lin et al. 2017): only where the agent prefers an action strongly,
 *
 *     max π(s) − min π(s) ≥ β,   π = softmax(scores / T),
 *
 * is it led towards the action it likes least; everywhere else it sees the truth. PGD takes the place of the paper's
 * Carlini–Wagner steps.
 */
export default defineObservationAttack({
  id: 'timed',
  title: 'Strategically timed',
  summary:
    'Strikes only when the agent is sure of what to do, and then towards the action it likes least. In the paper a quarter of the steps does the harm of all; read its return beside the share of steps attacked.',
  limits: 'How sure an agent is depends on the scale of its scores: set the temperature to it.',
  reference: {
    authors: 'Y.-C. Lin, Z.-W. Hong, Y.-H. Liao, M.-L. Shih, M.-Y. Liu, M. Sun',
    title: 'Tactics of adversarial attack on deep reinforcement learning agents',
    year: 2017,
    where: 'IJCAI, arXiv:1703.06748',
  },
  knowledge: 'white-box',
  requires: ['gradients', 'box-observations'],
  params: {
    ...boxParams,
    threshold: number({
      default: 0.5,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'β: how far the likeliest action must lie above the least likely one.',
    }),
    temperature: number({
      default: 1,
      min: 0,
      exclusiveMin: true,
      max: 1e6,
      help: 'T: of the softmax by which preferences are read.',
      advanced: true,
    }),
    ...stepParams,
  },
  ...inBox,
  derive: deriveStepSize,
  perturb(observations, policy, { threshold, temperature, steps, stepSize }, { ball, random }) {
    const { actions, observationSize } = policy;
    const scores = policy.scores(observations);
    const probabilities = softmax(
      scores.map((score) => score / temperature),
      actions,
    );
    const rows = Array.from({ length: scores.length / actions }, (_, i) => i).filter((i) => {
      const ofRow = probabilities.subarray(i * actions, (i + 1) * actions);
      return Math.max(...ofRow) - Math.min(...ofRow) >= threshold;
    });
    const perceived = observations.slice();
    if (rows.length === 0) return perceived;
    const least = (truth: Float32Array) =>
      Int32Array.from({ length: truth.length / actions }, (_, i) => {
        const ofRow = truth.subarray(i * actions, (i + 1) * actions);
        return ofRow.indexOf(Math.min(...ofRow));
      });
    const struck = ascended(
      rowsOf(observations, rows, observationSize),
      policy,
      (truth) => towards(least(truth), actions),
      { steps, stepSize },
      { ball, random },
    );
    rows.forEach((row, k) =>
      perceived.set(struck.subarray(k * observationSize, (k + 1) * observationSize), row * observationSize),
    );
    return perceived;
  },
});
