import { choice, integer } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineTrainingSetAttack } from '../../definitions';
import { logitsOf, rowsAt } from '../../features';
import { highest } from '../../scores';
import { atRate, checkClass, checkSeveral, drawn, rateParam, samplesWith } from '../training-samples';

const ofAny = (help: string) => integer({ default: -1, min: -1, max: 255, unit: 'class', help });

/** Wrong labels: on samples drawn at random, of a class or any, or on those that lie furthest from or nearest to a boundary. */
export default defineTrainingSetAttack({
  id: 'label-flip',
  title: 'Label flip',
  summary:
    'Gives a share of the training samples a wrong label: drawn uniformly from the other classes, from one class to another, or where it hurts most by the margin of a network of the attacker’s own. The plainest poisoning, and the yardstick for cleverer ones.',
  limits: 'Choosing by margin is the paper’s heuristic; its optimisation over all flips is not made.',
  reference: {
    authors: 'H. Xiao, H. Xiao, C. Eckert',
    title: 'Adversarial label flips attack on support vector machines',
    year: 2012,
    where: 'ECAI, doi:10.3233/978-1-61499-098-7-870',
  },
  knowledge: 'none',
  requires: [],
  params: {
    rate: rateParam(0.3),
    chosen: choice({
      options: ['random', 'furthest', 'nearest'],
      default: 'random',
      help: 'Which samples: any, or those of the largest or smallest margin between their class and the next.',
    }),
    source: ofAny('Class whose samples are flipped; −1 is any.'),
    target: ofAny(
      'The wrong label; −1 draws it from the other classes, or takes the runner-up where chosen by margin.',
    ),
  },
  surrogate: ({ chosen }) => chosen !== 'random',
  eligible({ train, classes }, { rate, source, target }) {
    checkSeveral(classes);
    if (source >= 0) checkClass(source, classes, 'poisoning.label-flip.source');
    if (target >= 0) checkClass(target, classes, 'poisoning.label-flip.target');
    if (source >= 0 && source === target) {
      throw new LabError(
        'poisoning.label-flip.target',
        `found ${target}, which is the source as well: no label would be wrong`,
        'Give two classes, or leave one of them out.',
      );
    }
    const among = samplesWith(train, (label) => (source < 0 || label === source) && label !== target);
    return atRate(rate, train, among, 'of these', 'label-flip');
  },
  async poison(dataset, eligible, { chosen, target }, context) {
    const { train, classes } = dataset;
    const { among, count } = eligible;
    const labels = train.labels.slice();
    const done = (changed: Uint32Array) => ({
      dataset: { ...dataset, train: { ...train, labels } },
      changed,
    });
    if (chosen === 'random') {
      const random = context.random('flip');
      const changed = drawn(eligible, random);
      for (const i of changed) {
        // Adding 1 … classes − 1 modulo the number of classes reaches every other class alike.
        const other = () => (labels[i]! + 1 + random.integer(classes.length - 1)) % classes.length;
        labels[i] = target >= 0 ? target : other();
      }
      return done(changed);
    }
    const logits = rowsAt(logitsOf(await context.surrogate(), train), among, classes.length);
    const rivals = Array.from(among, (index, row) => {
      const scores = logits.subarray(row * classes.length, (row + 1) * classes.length);
      const own = train.labels[index]!;
      const others = [...scores.keys()].filter((label) => label !== own);
      const runnerUp = others.reduce((best, label) => (scores[label]! > scores[best]! ? label : best));
      const rival = target >= 0 ? target : runnerUp;
      return { rival, margin: scores[own]! - scores[rival]! };
    });
    const sign = chosen === 'furthest' ? 1 : -1;
    const rows = highest(
      Float32Array.from(rivals, ({ margin }) => sign * margin),
      count,
    );
    for (const row of rows) labels[among[row]!] = rivals[row]!.rival;
    return done(rows.map((row) => among[row]!));
  },
});
