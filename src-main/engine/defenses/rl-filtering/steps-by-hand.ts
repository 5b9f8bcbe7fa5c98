import { lines } from '../../../contract/params';
import { defineRlFilteringDefense } from '../../definitions';
import { numbersNamed } from '../numbers-named';

/** The recorded steps a person picked; made in the window, from the log of a run that is over. */
export default defineRlFilteringDefense({
  id: 'steps-by-hand',
  title: 'Steps picked by hand',
  summary:
    'Leaves out the recorded steps you name, and trains without them. The window fills the list from what you pick in the log of a run; the numbers are those of that run’s log.',
  limits: 'A list fits the poisoning and the seed it was made for: narrow the arms to them.',
  reference: {
    authors: 'B. Chen, W. Carvalho, N. Baracaldo, H. Ludwig, B. Edwards, T. Lee, I. Molloy, B. Srivastava',
    title: 'Detecting backdoor attacks on deep neural networks by activation clustering',
    year: 2018,
    where: 'SafeAI at AAAI, arXiv:1811.03728',
  },
  params: {
    removed: lines({
      help: 'Numbers of the steps, from 0, a line each; 40-57 stands for all from 40 to 57.',
    }),
  },
  requires: ['recorded-steps'],
  inspect: ({ actions }, { removed }) => ({
    removed: numbersNamed(removed ?? [], actions.length, 'defenses.steps-by-hand.removed', 'recorded step'),
  }),
});
