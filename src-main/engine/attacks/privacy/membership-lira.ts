import { integer } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { logitsOfOwn, logProbabilities } from '../answers';
import type { PrivacyContext, Target } from '../../definitions';
import type { Split } from '../../../contract/dataset';
import { defineMembershipAttack } from '../membership';
import { sizeOf } from '../../splits';
import { shifted } from '../shifts';
import { fewestOutside, refuseLargeShadows, shadowCost, shadowParams, withShadows } from '../shadows';

/** From so many models on each image has a variance of its own; with fewer one for all is the better estimate (paper, VI-C). */
const ENOUGH_FOR_VARIANCE = 64;

/** Where an image is moved to, the place it has first. */
const SHIFTS: readonly Shift[] = [0, 1, -1].flatMap((down) =>
  [0, 1, -1].map((across) => [down, across] as const),
);

/**
 * Likelihood-ratio attack, offline: how unlikely is the target's confidence φ(x) among models that were not trained on x?
 *
 *     Λ = 1 − Pr[N(μ_out(x), σ²_out(x)) > φ(x)]
 */
export default defineMembershipAttack({
  id: 'membership-lira',
  title: 'Membership: LiRA (offline)',
  summary:
    'Trains shadow models and compares the target’s confidence in an image with that of models which did not see it. An image that is merely easy is easy for all of them; one the target remembers stands out. Accuses few, and mostly rightly: look at the true positives at 1 % false ones.',
  limits:
    'No augmented queries, since the lab’s networks are trained without augmentation. Below 64 shadow models one variance is taken for all images, as the paper does. Shadow models are trained exactly as the target was, defence included: the attacker knows the recipe.',
  reference: {
    authors: 'N. Carlini, S. Chien, M. Nasr, S. Song, A. Terzis, F. Tramèr',
    title: 'Membership inference attacks from first principles',
    year: 2022,
    where: 'IEEE S&P, arXiv:2112.03570',
  },
  knowledge: 'score',
  requires: ['scores', 'training'],
  params: {
    ...shadowParams,
    queries: integer({
      default: 1,
      min: 1,
      max: SHIFTS.length,
      unit: 'queries',
      help: 'Questions an image: itself, and itself moved by a pixel. What they say of it is averaged.',
      advanced: true,
    }),
  },
  cost: (params, basis) =>
    shadowCost(params, { ...basis, candidates: params.queries * basis.candidates }) +
    params.queries * basis.candidates,
  allows(shares, params) {
    refuseLargeShadows(shares, params);
    const least = fewestOutside(shares, params);
    if (least >= 2) return;
    throw new LabError(
      'attacks.shadows',
      `found ${params.shadows}, of which some image would be outside ${least}; two at least are needed for a spread`,
      'Raise shadows to 4 or more, or lower shadowImages.',
    );
  },
  async suspect(target, candidates, knowledge, params, context) {
    const n = sizeOf(candidates);
    const asked = SHIFTS.slice(0, params.queries).map((shift) => moved(candidates, target, shift));
    // One place a question, those of a shift together.
    const places = n * asked.length;
    const [sum, squares] = [new Float64Array(places), new Float64Array(places)];
    const models = new Float64Array(n);
    await withShadows(candidates, knowledge, params, context, async (model, _pool, isIn) => {
      const phis = await phisOf(model, asked, context);
      for (let i = 0; i < n; i++) if (!isIn[i]) models[i]!++;
      phis.forEach((phi, place) => {
        if (isIn[place % n]) return;
        sum[place]! += phi;
        squares[place]! += phi * phi;
      });
    });
    const apart = squares.map((square, place) => square - (sum[place]! * sum[place]!) / models[place % n]!);
    const degrees = models.reduce((all, count) => all + count - 1, 0);
    const shared = asked.map((_, q) => apart.slice(q * n, (q + 1) * n).reduce((a, b) => a + b, 0) / degrees);
    const suspicions = new Float32Array(n);
    (await phisOf(target, asked, context)).forEach((phi, place) => {
      const [i, count] = [place % n, models[place % n]!];
      const variance = count >= ENOUGH_FOR_VARIANCE ? apart[place]! / (count - 1) : shared[(place - i) / n]!;
      // Λ grows with the standardised φ, which does not saturate as the probability does.
      suspicions[i]! += (phi - sum[place]! / count) / Math.sqrt(variance + 1e-12) / asked.length;
    });
    return suspicions;
  },
});

type Shift = readonly [down: number, across: number];

/** Every image moved. */
function moved({ images, labels }: Split, { inputShape }: Target, [down, across]: Shift): Split {
  const size = images.length / labels.length;
  const all = new Float32Array(images.length);
  labels.forEach((_, i) =>
    all.set(shifted(images.subarray(i * size, (i + 1) * size), inputShape, down, across), i * size),
  );
  return { images: all, labels };
}

/** φ of every image of every set, one set after the other. */
async function phisOf(model: Target, sets: Split[], context: PrivacyContext): Promise<Float32Array> {
  const n = sizeOf(sets[0]!);
  const phis = new Float32Array(n * sets.length);
  for (const [at, set] of sets.entries()) {
    phis.set(logitsOfOwn(await logProbabilities(model, set, context), set.labels), at * n);
  }
  return phis;
}
