import { boolean, derivedNumber, integer } from '../../../contract/params';
import { defineEvasion } from '../../definitions';
import { ballParams, inBall } from '../ball';
import { onStanding } from '../finished';
import { ascend } from '../gradient-ascent';

/** Projected gradient descent: I-FGSM from random starts, the best of several restarts. Images in [0, 1]. */
export default defineEvasion({
  id: 'pgd',
  title: 'Projected gradient descent',
  summary:
    'Many small steps up the loss from a random point of the ball, projected back after each; restarts try other points. The standard first-order attack, and the one adversarial training is made with.',
  limits:
    'Fails without saying so where gradients are masked: read the verdict’s checks beside its number. An input stops at its first success.',
  formula: 'x₀ = x + u, u in the ball,  xₜ₊₁ = clip(Πε(xₜ + α · direction of ∇ₓ L(f(xₜ), y)))',
  reference: {
    authors: 'A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu',
    title: 'Towards deep learning models resistant to adversarial attacks',
    year: 2018,
    where: 'ICLR, arXiv:1706.06083',
  },
  knowledge: 'white-box',
  requires: ['gradients'],
  params: {
    ...ballParams(0.3),
    steps: integer({ default: 40, min: 1, max: 100000, help: 'Gradient steps of one start.' }),
    stepSize: derivedNumber({
      derived: '2.5 · epsilon / steps',
      min: 0,
      unit: 'pixel range',
      help: 'Length of a step. The default can cross the ball and turn back.',
      advanced: true,
    }),
    randomStart: boolean({
      default: true,
      help: 'Start at a random point of the ball, else at the clean image.',
      advanced: true,
    }),
    restarts: integer({
      default: 1,
      min: 1,
      max: 1000,
      help: 'Starts; inputs that fell leave before the next.',
      advanced: true,
    }),
  },
  derive: ({ epsilon, steps }) => ({ stepSize: (2.5 * epsilon) / steps }),
  ...inBall,
  cost: ({ steps, restarts }) => steps * restarts,
  async perturb(target, batch, goal, { epsilon, steps, stepSize, randomStart, restarts, norm }, context) {
    const start = (restart: number) => ({
      ...context,
      random: (...purpose: (string | number)[]) => context.random(restart, ...purpose),
    });
    const ascent = { norm, epsilon, steps, stepSize, randomStart, decay: 0 };
    let images = await ascend(target, batch, goal, ascent, start(0));
    for (let restart = 1; restart < restarts; restart++) {
      images = await onStanding(target, batch, images, goal, (standing) =>
        ascend(target, standing, goal, ascent, start(restart)),
      );
    }
    return images;
  },
});
