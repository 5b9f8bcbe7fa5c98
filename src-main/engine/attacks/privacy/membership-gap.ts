import { defineMembershipAttack } from '../membership';
import { classesOf } from '../answers';

/** The gap baseline: whoever is classified right was trained on. */
export default defineMembershipAttack({
  id: 'membership-gap',
  title: 'Membership: gap',
  summary:
    'Takes an image for a training image when the model classifies it right. Its advantage is the gap between training and test accuracy, which any other attack must beat to be worth its queries.',
  limits: 'Two answers only: its ROC has one corner, and at small false-positive rates it finds nobody.',
  reference: {
    authors: 'S. Yeom, I. Giacomelli, M. Fredrikson, S. Jha',
    title: 'Privacy risk in machine learning: analyzing the connection to overfitting',
    year: 2018,
    where: 'CSF, arXiv:1709.01604',
  },
  knowledge: 'decision',
  requires: ['decisions'],
  params: {},
  cost: (_, { candidates }) => candidates,
  async suspect(target, candidates, _knowledge, _params, context) {
    const classes = await classesOf(target, candidates, context);
    return Float32Array.from(classes, (predicted, i) => Number(predicted === candidates.labels[i]));
  },
});
