import { lines } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineDataFilter } from '../../definitions';
import { sizeOf } from '../../splits';

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
    samplesNamed(removed ?? [], sizeOf(train));
  },
  async suspect({ train }, _model, { removed }) {
    return { removed: samplesNamed(removed ?? [], sizeOf(train)), scores: null };
  },
});

/**
 * The samples that lines name, rising.
 * @throws LabError for a line that names none of `n` samples
 */
export function samplesNamed(names: string[], n: number): Uint32Array {
  const named = names.flatMap((line) => {
    const [, first, last] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(line) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (first === undefined || from > to || to >= n) {
      throw new LabError(
        'defenses.by-hand.removed',
        `found “${line}”; expected the number of a training sample, 0 to ${n - 1}, or a range such as 40-57`,
        'Take the line out, or correct it.',
      );
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return Uint32Array.from(new Set(named)).sort();
}
