import { LabError } from '../../../contract/problem';
import { logitsOfOwn, logProbabilities } from '../answers';
import { defineMembershipAttack } from '../membership';
import { sizeOf, slice } from '../../splits';
import { fewestOutside, refuseLargeShadows, shadowCost, shadowParams, withShadows } from '../shadows';

/** From so many models on each image has a variance of its own; with fewer one for all is the better estimate (paper, VI-C). */
const ENOUGH_FOR_VARIANCE = 64;

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
    'One query an image: the lab’s networks are trained without augmentation, and asking about shifted images as well made it weaker (bench/README.md). Below 64 shadow models one variance is taken for all images, as the paper does. Shadow models are trained exactly as the target was, defence included: the attacker knows the recipe.',
  reference: {
    authors: 'N. Carlini, S. Chien, M. Nasr, S. Song, A. Terzis, F. Tramèr',
    title: 'Membership inference attacks from first principles',
    year: 2022,
    where: 'IEEE S&P, arXiv:2112.03570',
  },
  knowledge: 'score',
  requires: ['scores', 'training'],
  params: shadowParams,
  cost: (params, basis) => shadowCost(params, basis) + basis.candidates,
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
    const [sum, squares, models] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    await withShadows(candidates, knowledge, params, context, async (model, pool, isIn) => {
      const asked = slice(pool, 0, n);
      logitsOfOwn(await logProbabilities(model, asked, context), asked.labels).forEach((phi, i) => {
        if (isIn[i]) return;
        models[i]!++;
        sum[i]! += phi;
        squares[i]! += phi * phi;
      });
    });
    const apart = models.map((count, i) => squares[i]! - (sum[i]! * sum[i]!) / count);
    const degrees = models.reduce((all, count) => all + count - 1, 0);
    const shared = apart.reduce((a, b) => a + b, 0) / degrees;
    const phis = logitsOfOwn(await logProbabilities(target, candidates, context), candidates.labels);
    // Λ grows with the standardised φ, which does not saturate as the probability does.
    return phis.map((phi, i) => {
      const variance = models[i]! >= ENOUGH_FOR_VARIANCE ? apart[i]! / (models[i]! - 1) : shared;
      return (phi - sum[i]! / models[i]!) / Math.sqrt(variance + 1e-12);
    });
  },
});
