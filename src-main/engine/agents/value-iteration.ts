/**
 * Value iteration (Bellman 1957): the values of the best policy, computed from the transitions without a single step,
 *
 *     Q(s, a) ← Σ P(s′ | s, a) · (r + γ · max Q(s′, ·)),
 *
 * swept over all states until no value changes by more than the tolerance.
 */
import { integer, number } from '../../contract/params';
import { defineAgent } from '../definitions';
import { sweep, transitionsOf } from '../rl/exact';
import { restored, tableFor, trained } from './parts/table';

/** Sweeps between two breaths: up to 50 ms with the 500 states of Taxi. */
const SWEEPS_A_BREATH = 50;

export default defineAgent({
  id: 'value-iteration',
  title: 'Value iteration',
  summary:
    'Computes the best policy from the environment’s transitions instead of learning it. What a learner can at most become, and the agent to attack when learning is not the question.',
  limits:
    'Best for the discounted return without a time limit; the optimal return reported beside it knows the limit.',
  reference: {
    authors: 'Bellman',
    title: 'A Markovian decision process',
    year: 1957,
    where: 'Journal of Mathematics and Mechanics 6(5), 679–684',
  },
  params: {
    discount: number({
      default: 0.995,
      min: 0,
      max: 1,
      help: 'γ: what a reward one step later is worth. At 1 an action that only delays ties with one that gets there.',
    }),
    tolerance: number({
      default: 1e-9,
      min: 0,
      max: 1,
      help: 'Largest change of a value at which the sweeps end.',
      advanced: true,
    }),
    sweeps: integer({
      default: 10_000,
      min: 1,
      max: 1_000_000,
      unit: 'count',
      help: 'Sweeps at most.',
      advanced: true,
    }),
  },
  // Nothing is learnt from steps, so that neither poisoned pay nor training under attack would reach it.
  capabilities: ['scores', 'action-values'],
  requires: ['finite-states'],
  cost: () => 100,

  async train(lesson, { discount, tolerance, sweeps }, context) {
    const { environment } = lesson;
    const transitions = transitionsOf(environment);
    const table = tableFor('value-iteration', environment);
    const { values } = table;
    const best = new Float64Array(transitions.length);
    let change = Infinity;
    for (let done = 1; done <= sweeps && change > tolerance; done++) {
      change = sweep(transitions, discount, values, best);
      if (done % SWEEPS_A_BREATH === 0) await context.breathe();
    }
    const agent = trained(table);
    await lesson.examine(agent.policy, 0);
    context.worked(100, 'computed');
    return agent;
  },

  restore: (environment, _params, weights) => restored('value-iteration', environment, weights),
});
