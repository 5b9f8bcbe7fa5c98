import { defineRlFilteringDefense } from '../../definitions';
import { numbersNamed, removedByHand } from '../numbers-named';

/** The recorded steps a person picked; made in the window, from the log of a run that is over. */
export default defineRlFilteringDefense({
  id: 'steps-by-hand',
  title: 'Steps picked by hand',
  summary:
    'Leaves out the recorded steps you name, and trains without them. The window fills the list from what you pick in the log of a run; the numbers are those of that run’s log.',
  limits: 'A list fits the poisoning and the seed it was made for: narrow the arms to them.',
  reference: {
    authors: 'Y. Ma, X. Zhang, W. Sun, X. Zhu',
    title: 'Policy poisoning in batch reinforcement learning and control',
    year: 2019,
    where: 'NeurIPS, arXiv:1910.05821: the altered steps it is for',
  },
  params: { removed: removedByHand('step') },
  requires: ['recorded-steps'],
  inspect: ({ actions }, { removed }) => ({
    removed: numbersNamed(removed ?? [], actions.length, 'defenses.steps-by-hand.removed', 'recorded step'),
  }),
});
