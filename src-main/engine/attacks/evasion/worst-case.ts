import * as tf from '@tensorflow/tfjs';
import { choice, integer } from '../../../contract/params';
import type { Entry } from '../../../contract/experiment';
import { defineEvasion } from '../../definitions';
import { lengths } from '../../norms';
import { inBall, radius } from '../ball';
import { onStanding } from '../finished';

/** Ensemble of complementary attacks, each on what still stands: the headline robust accuracy. Images in [0, 1]. */
export default defineEvasion({
  id: 'worst-case',
  title: 'Worst case',
  summary:
    'Auto-PGD on the cross-entropy and on the targeted difference of logits ratio, FAB, and Square, one after the other, each only on the inputs the ones before it left. What stands in the end is the robust accuracy to report.',
  limits:
    'AutoAttack’s four attacks with fewer queries for Square (1,000 against 5,000) and without FAB’s random restarts. An upper bound on the true robustness, as every attack is.',
  reference: {
    authors: 'F. Croce, M. Hein',
    title: 'Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks',
    year: 2020,
    where: 'ICML, arXiv:2003.01690',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    epsilon: radius(0.3),
    norm: choice({ options: ['linf', 'l2'], default: 'linf', help: 'Norm of the ball.' }),
    steps: integer({ default: 100, min: 1, max: 100000, help: 'Steps of each gradient attack and class.' }),
    targetClasses: integer({
      default: 9,
      min: 1,
      max: 1000,
      unit: 'classes',
      help: 'How many other classes are tried, most likely first.',
      advanced: true,
    }),
    squareQueries: integer({
      default: 1000,
      min: 1,
      max: 1e7,
      unit: 'queries',
      help: 'Most queries of Square on one input.',
      advanced: true,
    }),
  },
  ...inBall,
  // Most inputs of an undefended model are gone after the first attack, of a defended one they stay to the end.
  cost: ({ steps, targetClasses, squareQueries }) => steps * (1 + 2.3 * targetClasses) + 0.4 * squareQueries,
  async perturb(target, batch, goal, { epsilon, norm, steps, targetClasses, squareQueries }, context) {
    const ball = { epsilon, norm };
    const members: Entry[] = [
      { id: 'apgd', ...ball, steps, loss: 'cross-entropy' },
      { id: 'apgd', ...ball, steps, loss: 'targeted-dlr', targetClasses },
      { id: 'fab', norm, steps, targetClasses },
      { id: 'square', ...ball, queries: squareQueries },
    ];
    let images = batch.images.clone();
    for (const member of members) {
      images = await onStanding(target, batch, images, goal, async (standing) => {
        const found = await context.attack(member, target, standing, goal);
        if (member.id !== 'fab') return found;
        // It seeks the nearest there is; what lies outside the ball is no success here.
        const kept = tf.tidy(() => {
          const inside = tf.lessEqual(lengths(tf.sub(found, standing.images), norm), epsilon);
          return tf.where(inside.reshape([-1, 1, 1, 1]), found, standing.images) as tf.Tensor4D;
        });
        found.dispose();
        return kept;
      });
    }
    return images;
  },
});
