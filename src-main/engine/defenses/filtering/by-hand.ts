import { lines } from '../../../contract/params';
import { defineDataFilter } from '../../definitions';
import { sizeOf } from '../../splits';
import { numbersNamed } from '../numbers-named';

/** The samples a person picked; made in the window, from the scatter of activations of a run that is over. */
export default defineDataFilter({
  id: 'by-hand',
  title: 'Picked by hand',
  summary:
    'Leaves out the training samples you name, and trains without them. The window fills the list from what you pick among the activations of a run; the numbers are those of that run’s training set.',
  limits: 'A list fits the poisoning and the seed it was made for: narrow the arms to them.',
  reference: {
    authors: 'B. Chen, W. Carvalho, N. Baracaldo, H. Ludwig, B. Edwards, T. Lee, I. Molloy, B. Srivastava',
    title: 'Detecting backdoor attacks on deep neural networks by activation clustering',
    year: 2018,
    where: 'SafeAI at AAAI, arXiv:1811.03728',
  },
  params: {
    removed: lines({
      help: 'Numbers of the samples, from 0, a line each; 40-57 stands for all from 40 to 57.',
    }),
  },
  cost: () => 0,
  check({ train }, { removed }) {
    samplesNamed(removed, sizeOf(train));
  },
  async suspect({ train }, _model, { removed }) {
    return { removed: samplesNamed(removed, sizeOf(train)), scores: null };
  },
});

const samplesNamed = (names: string[] | null, n: number): Uint32Array =>
  numbersNamed(names ?? [], n, 'defenses.by-hand.removed', 'training sample');
