import { integer } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineDataFilter, type Examined, type FilterContext } from '../../definitions';
import { byClass, probabilitiesOf } from '../../features';
import { highest } from '../../scores';
import { selected, sizeOf, without } from '../../splits';
import { epochsOf, examinedEpochs } from '../filter-params';

/** Confident learning: how many labels of each class are wrong is estimated, and as many of the least believable are left out. */
export default defineDataFilter({
  id: 'confident-learning',
  title: 'Confident learning',
  summary:
    'Asks about every sample a network that was trained on the others. From how sure these are of each class it is estimated how many samples of each label belong to each other class; so many are left out, the most clearly misjudged first. The share of wrong labels need not be known, and on clean data hardly anything goes.',
  limits:
    'Against wrong labels: the networks that were trained on a backdoor’s other samples believe it. The paper’s pruning by noise rate, and of it only samples of which the network believes the other class more. Trains a network a fold.',
  reference: {
    authors: 'C. G. Northcutt, L. Jiang, I. L. Chuang',
    title: 'Confident learning: estimating uncertainty in dataset labels',
    year: 2021,
    where: 'JAIR 70, doi:10.1613/jair.1.12125',
  },
  params: {
    folds: integer({
      default: 5,
      min: 2,
      max: 100,
      unit: 'folds',
      help: 'Parts of the training set, each of which is judged by a network trained on the others.',
    }),
    epochs: examinedEpochs,
  },
  derive: epochsOf,
  fits: ({ folds }) => folds,
  cost: () => 0,
  check({ train }, { folds }) {
    const n = sizeOf(train);
    if (folds <= n) return;
    throw new LabError(
      'defenses.confident-learning.folds',
      `found ${folds}, but there are ${n} training samples`,
      `Give at most ${n}, or more samples.`,
    );
  },
  async suspect(examined, _model, { folds }, context) {
    const { train, classes } = examined;
    return prunedByNoiseRate(await heldOutBeliefs(examined, folds, context), train.labels, classes);
  },
});

/**
 * Probabilities of each class, n × classes, by networks that were trained on all folds but the sample's own. The samples of every label are
 * spread over all folds.
 */
async function heldOutBeliefs(
  { train, classes }: Examined,
  folds: number,
  context: FilterContext,
): Promise<Float32Array> {
  const order = byClass(train, classes).flatMap((members, label) => [
    ...context.random('folds', label).shuffle(members),
  ]);
  const fold = new Uint32Array(order.length);
  order.forEach((index, place) => (fold[index] = place % folds));
  const believed = new Float32Array(order.length * classes);
  for (let held = 0; held < folds; held++) {
    const inside = Uint32Array.from(fold.keys()).filter((i) => fold[i] === held);
    const model = await context.fit(without(train, inside));
    const rows = probabilitiesOf(model, selected(train, inside));
    inside.forEach((index, row) =>
      believed.set(rows.subarray(row * classes, (row + 1) * classes), index * classes),
    );
  }
  return believed;
}

/**
 * Estimated number of samples of each label (row) that belong to each class (column), classes × classes: the paper's calibrated
 * confident joint. A sample counts for the class it is believed most among those it is believed at least as much as their own samples
 * are on average; a label none of whose samples count is taken to be right.
 */
export function confidentJoint(believed: Float32Array, labels: Uint8Array, classes: number): Float64Array[] {
  const counts = new Uint32Array(classes);
  const thresholds = new Float64Array(classes);
  labels.forEach((label, i) => {
    counts[label]!++;
    thresholds[label]! += believed[i * classes + label]!;
  });
  counts.forEach((count, label) => (thresholds[label] = count > 0 ? thresholds[label]! / count : Infinity));
  const joint = Array.from({ length: classes }, () => new Float64Array(classes));
  labels.forEach((label, i) => {
    const row = believed.subarray(i * classes, (i + 1) * classes);
    let confident = -1;
    for (let j = 0; j < classes; j++)
      if (row[j]! >= thresholds[j]! && (confident < 0 || row[j]! > row[confident]!)) confident = j;
    if (confident >= 0) joint[label]![confident]!++;
  });
  return joint.map((row, label) => {
    const counted = row.reduce((a, b) => a + b, 0);
    if (counted === 0) row[label] = 1;
    return row.map((count) => (count * counts[label]!) / Math.max(1, counted));
  });
}

/** Of each label and each other class as many samples as the joint says, those of largest margin p_class − p_label first. */
export function prunedByNoiseRate(
  believed: Float32Array,
  labels: Uint8Array,
  classes: number,
): { removed: Uint32Array; scores: Float32Array } {
  const joint = confidentJoint(believed, labels, classes);
  const scores = new Float32Array(labels.length).fill(-1);
  const out = new Set<number>();
  for (let label = 0; label < classes; label++) {
    const members = Uint32Array.from(labels.keys()).filter((i) => labels[i] === label);
    for (let other = 0; other < classes; other++) {
      if (other === label) continue;
      const margins = Float32Array.from(
        members,
        (i) => believed[i * classes + other]! - believed[i * classes + label]!,
      );
      members.forEach((i, row) => (scores[i] = Math.max(scores[i]!, margins[row]!)));
      for (const row of highest(margins, Math.round(joint[label]![other]!)))
        if (margins[row]! > 0) out.add(members[row]!);
    }
  }
  return { removed: Uint32Array.from(out).sort(), scores };
}
