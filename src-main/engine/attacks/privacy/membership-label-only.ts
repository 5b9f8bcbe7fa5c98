import * as tf from '@tensorflow/tfjs';
import { attack, integer } from '../../../contract/params';
import { distanceIn } from '../../norms';
import { inParts, sizeOf, toBatch } from '../../splits';
import { classesOf } from '../answers';
import { defineMembershipAttack } from '../membership';

/** Where nothing was found the boundary lies farther than in any image that was turned; finite, so that it can be sorted. */
const NOT_FOUND = 1e9;

/** Images attacked at once. */
const AT_ONCE = 128;

/** Label-only: members lie farther from the decision boundary. */
export default defineMembershipAttack({
  id: 'membership-label-only',
  title: 'Membership: label-only',
  summary:
    'Uses nothing but predicted classes: an evasion attack measures how far each image lies from the decision boundary, and training pushed its own images away from it. Shows that hiding confidences protects nobody.',
  limits: 'Thousands of queries an image. An image that is classified wrong has the distance 0.',
  reference: {
    authors: 'C. A. Choquette-Choo, F. Tramèr, N. Carlini, N. Papernot',
    title: 'Label-only membership inference attacks',
    year: 2021,
    where: 'ICML, arXiv:2007.14321',
  },
  knowledge: 'decision',
  requires: ['decisions'],
  params: {
    attack: attack({
      surface: 'evasion',
      default: { id: 'hop-skip-jump', params: { norm: 'l2', queries: 500 } },
      help: 'Seeks the smallest perturbation; one that needs only decisions, unless the target gives more.',
    }),
    candidates: integer({
      default: 200,
      min: 2,
      max: 1e6,
      unit: 'images',
      help: 'Members, and as many non-members, whose distance is measured: the first ones.',
    }),
  },
  candidates: ({ candidates }) => candidates,
  cost: ({ attack: { params }, candidates }, basis) =>
    0.4 * Number(params.queries ?? 200) * Math.min(2 * candidates, basis.candidates),
  async suspect(target, candidates, _knowledge, { attack: { id, params } }, context) {
    const n = sizeOf(candidates);
    const size = candidates.images.length / n;
    const distances = new Float32Array(n);
    for (const [start, part] of inParts(candidates, AT_ONCE)) {
      const batch = toBatch(part, target.inputShape);
      const moved = await context.attack({ id, ...params }, target, batch, 'untargeted', true);
      const images = moved.dataSync<'float32'>();
      tf.dispose([batch.images, batch.labels, moved]);
      const found = await classesOf(target, { images, labels: part.labels }, context);
      part.labels.forEach((label, i) => {
        distances[start + i] =
          found[i] === label ? NOT_FOUND : distanceIn('l2', part.images, images, i * size, size);
      });
      context.progress(Math.min(1, (start + sizeOf(part)) / n));
    }
    return distances;
  },
});
