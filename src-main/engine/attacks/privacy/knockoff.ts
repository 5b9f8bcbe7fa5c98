import { choice } from '../../../contract/params';
import {
  definePrivacyAttack,
  type PrivacyContext,
  type PrivacyKnowledge,
  type Target,
} from '../../definitions';
import { drawn } from '../../drawn';
import { selected } from '../../splits';
import type { NetworkTarget } from '../../target-views';
import { logProbabilities } from '../answers';
import { extractionCost, extractionParams, ownImages, steal, type Answered, type Thief } from '../extraction';

/** Of the adaptive strategy: images drawn before their answers move it. */
const AT_ONCE = 50;

/** Knockoff nets: a copy learns to answer with the target's probabilities. */
export default definePrivacyAttack({
  id: 'knockoff',
  title: 'Extraction: knockoff nets',
  summary:
    'Asks for the probabilities of own images and trains a copy to give the same ones. A probability says more than a label, so fewer questions do; a target that bends its probabilities misleads it.',
  limits:
    'The adaptive strategy chooses among the classes of the attacker’s images, of which the lab has one kind: the paper’s has hundreds, most of which have nothing to do with the target. On digits it gains nothing over images drawn by chance. It looks at answers fifty at a time.',
  reference: {
    authors: 'T. Orekondy, B. Schiele, M. Fritz',
    title: 'Knockoff nets: stealing functionality of black-box models',
    year: 2019,
    where: 'CVPR, arXiv:1812.02766',
  },
  knowledge: 'score',
  requires: ['scores'],
  params: {
    ...extractionParams,
    strategy: choice({
      options: ['random', 'adaptive'],
      default: 'random',
      help: 'Which own images are asked about: any, or more of those classes whose answers were sure, of many kinds and unlike the copy’s.',
    }),
  },
  cost: extractionCost,
  async infer(target, knowledge, params, context) {
    const draw = ownImages(knowledge, target.inputShape, context.random('images'));
    const thief: Thief =
      params.strategy === 'adaptive'
        ? adaptive(target, knowledge, context)
        : { learnsFrom: 'probabilities', next: async (count) => draw(count) };
    return steal(target, knowledge, params, context, thief);
  },
});

/**
 * A gradient bandit whose actions are the classes of the own images (section 4.1.2):
 *
 *     H(z) += (r − r̄)/N(z) · (1 − π(z)),   H(z') −= (r − r̄)/N(z) · π(z'),   π = softmax(H),
 *
 * r being the mean of three rewards, each in deviations from its mean so far: how sure the answer is, how much more of some
 * class it has than the answers before, and how far the copy is from it.
 */
function adaptive(target: Target, knowledge: PrivacyKnowledge, context: PrivacyContext): Thief {
  const { own } = knowledge;
  const actions = [...new Set(own.labels)].sort((a, b) => a - b);
  const draws = actions.map((label) => {
    const places = Uint32Array.from(own.labels.keys()).filter((i) => own.labels[i] === label);
    return ownImages(
      { ...knowledge, own: selected(own, places) },
      target.inputShape,
      context.random('images', label),
    );
  });
  const random = context.random('actions');
  const preferences = new Float64Array(actions.length);
  const taken = new Float64Array(actions.length);
  const rewards = [new Running(), new Running(), new Running()];
  const [all, answers] = [new Running(), Array.from({ length: target.classes }, () => new Running())];
  /** Actions whose answers have not been looked at. */
  let pending: number[] = [];

  const policy = () => softmax(preferences);
  async function look({ images, probabilities }: Answered, copy: NetworkTarget | null): Promise<void> {
    const { classes } = target;
    const first = images.labels.length - pending.length;
    const size = images.images.length / Math.max(1, images.labels.length);
    const shown = { images: images.images.subarray(first * size), labels: images.labels.subarray(first) };
    const logs = copy && (await logProbabilities(copy, shown, context));
    pending.forEach((action, i) => {
      const row = probabilities.subarray((first + i) * classes, (first + i + 1) * classes);
      const [largest, second] = [...row].sort((a, b) => b - a) as [number, number];
      const diverse = row.reduce((sum, p, k) => sum + Math.max(0, p - answers[k]!.mean), 0);
      const apart = logs ? -row.reduce((sum, p, k) => sum + p * logs[i * classes + k]!, 0) : 0;
      row.forEach((p, k) => answers[k]!.add(p));
      const reward = [largest - second, diverse, apart].reduce(
        (sum, one, kind) => sum + rewards[kind]!.add(one) / rewards.length,
        0,
      );
      all.add(reward);
      taken[action]!++;
      const step = (reward - all.mean) / taken[action]!;
      policy().forEach((chance, z) => (preferences[z]! += step * (Number(z === action) - chance)));
    });
    pending = [];
  }

  return {
    learnsFrom: 'probabilities',
    atOnce: AT_ONCE,
    async next(count, known, copy) {
      await look(known, copy);
      const chances = policy();
      const images = Array.from({ length: count }, () => {
        const action = drawn(chances, random);
        pending.push(action);
        return draws[action]!(1);
      });
      const size = images[0]?.length ?? 0;
      const all = new Float32Array(count * size);
      images.forEach((image, i) => all.set(image, i * size));
      return all;
    },
  };
}

function softmax(values: Float64Array): Float64Array {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Mean and variance so far. */
class Running {
  mean = 0;
  private n = 0;
  private squares = 0;

  /** Takes a value in and gives it back in deviations from the mean, 0 while there is no spread. */
  add(value: number): number {
    const before = value - this.mean;
    this.mean += before / ++this.n;
    this.squares += before * (value - this.mean);
    const deviation = Math.sqrt(this.squares / this.n);
    return deviation > 1e-12 ? (value - this.mean) / deviation : 0;
  }
}
