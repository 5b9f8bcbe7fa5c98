import { logProbabilities } from '../answers';
import { defineMembershipAttack } from '../membership';

/** Loss threshold: the lower the loss, the likelier a member. */
export default defineMembershipAttack({
  id: 'membership-loss',
  title: 'Membership: loss threshold',
  summary:
    'Takes images of low loss for training images, one threshold for all. Tells who is easy rather than who was trained on: at small false-positive rates, where an accusation would count, it is hardly better than chance.',
  reference: {
    authors: 'S. Yeom, I. Giacomelli, M. Fredrikson, S. Jha',
    title: 'Privacy risk in machine learning: analyzing the connection to overfitting',
    year: 2018,
    where: 'CSF, arXiv:1709.01604',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {},
  cost: (_, { candidates }) => candidates,
  async suspect(target, candidates, _knowledge, _params, context) {
    const logs = await logProbabilities(target, candidates, context);
    return Float32Array.from(candidates.labels, (own, i) => logs[i * target.classes + own]!);
  },
});
