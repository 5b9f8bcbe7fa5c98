/**
 * Tabular Q-learning (Watkins and Dayan 1992): values are learnt as if the best action followed,
 *
 *     Q(s, a) ← Q(s, a) + α · (r + γ · max Q(s′, ·) − Q(s, a)),
 *
 * whatever the ε-greedy behaviour then does.
 */
import { defineAgent } from '../definitions';
import { restored } from './parts/table';
import { learnTable, temporalDifferenceCost, temporalDifferenceParams } from './parts/temporal-difference';

export default defineAgent({
  id: 'q-learning',
  title: 'Q-learning (table)',
  summary:
    'Keeps one value for each cell and action in a table and learns it from single steps. Exact and fast on grid worlds; has no gradients to attack.',
  limits: 'Learning rate and exploration fall linearly over the training instead of per visit.',
  reference: {
    authors: 'Watkins, Dayan',
    title: 'Q-learning',
    year: 1992,
    where: 'Machine Learning 8, 279–292, doi:10.1007/BF00992698',
  },
  params: temporalDifferenceParams,
  capabilities: ['scores', 'action-values', 'training', 'own-steps'],
  requires: ['finite-states'],
  cost: temporalDifferenceCost,
  train: (lesson, params, context) =>
    learnTable('q-learning', lesson, params, context, (values) => Math.max(...values)),
  restore: (environment, _params, weights) => restored('q-learning', environment, weights),
});
