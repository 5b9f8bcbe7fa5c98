/**
 * Tabular SARSA (Rummery and Niranjan 1994): values are learnt of the behaviour itself, with a′ the action it takes next,
 *
 *     Q(s, a) ← Q(s, a) + α · (r + γ · Q(s′, a′) − Q(s, a)).
 *
 * Its exploration is part of what it values: beside a cliff it learns to keep a distance.
 */
import { defineAgent } from '../definitions';
import { restored } from './parts/table';
import { learnTable, temporalDifferenceCost, temporalDifferenceParams } from './parts/temporal-difference';

export default defineAgent({
  id: 'sarsa',
  title: 'SARSA (table)',
  summary:
    'Learns a table of values like Q-learning, but of what it really does, random steps included: it keeps away from places where a single slip is dear. Has no gradients to attack.',
  limits: 'Learning rate and exploration fall linearly over the training instead of per visit.',
  reference: {
    authors: 'Rummery, Niranjan',
    title: 'On-line Q-learning using connectionist systems',
    year: 1994,
    where: 'Technical report CUED/F-INFENG/TR 166, Cambridge University',
  },
  params: temporalDifferenceParams,
  capabilities: ['scores', 'action-values', 'training', 'own-steps'],
  requires: ['finite-states'],
  cost: temporalDifferenceCost,
  train: (lesson, params, context) =>
    learnTable('sarsa', lesson, params, context, (values, follow) => values[follow()]!),
  restore: (environment, _params, weights) => restored('sarsa', environment, weights),
});
