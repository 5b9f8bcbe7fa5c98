import { choice, derivedNumber } from '../../../contract/params';
import { radius } from '../../attacks/ball';
import { defineTrainingDefense, type CostBasis } from '../../definitions';
import type { BallNorm } from '../../norms';
import { slice, sizeOf } from '../../splits';
import {
  grownAttack,
  ownEpochs,
  patienceParam,
  pgd,
  rampOver,
  stopping,
  stoppingCost,
} from '../robust-training';

/** Training inputs that one step and many are compared on after every epoch, as in the paper's minibatch. */
const WATCHED = 128;

/** The many steps of that comparison. */
const many = ({ epsilon, norm }: { epsilon: number; norm: BallNorm }) =>
  pgd({ epsilon, norm, steps: 10, stepSize: epsilon / 4 });

const watched = (train: number): number => Math.min(WATCHED, train);

/** Fast adversarial training: one step from a random point of the ball, with catastrophic overfitting watched for. */
export default defineTrainingDefense({
  id: 'fast',
  title: 'Fast adversarial training',
  summary:
    'Adversarial training with a single step from a random point of the ball: a tenth of the cost of ten steps. It can break down within an epoch, when the model learns to withstand that one step and nothing else; that is watched for on training inputs, drawn as two curves, and told.',
  limits:
    'After catastrophic overfitting the accuracy under one step is high and under many steps near 0: only a stronger attack shows it. The paper avoids it by a step below twice epsilon and by stopping early; patience goes back to the epoch before.',
  formula: 'δ₀ ~ U(−ε, ε),  δ = Πε(δ₀ + α · sign ∇ₓ L(f(x + δ₀), y)),  θ ← θ − η ∇_θ L(f_θ(x + δ), y)',
  reference: {
    authors: 'E. Wong, L. Rice, J. Z. Kolter',
    title: 'Fast is better than free: revisiting adversarial training',
    year: 2020,
    where: 'ICLR, arXiv:2001.03994',
  },
  params: {
    epsilon: radius(0.3),
    norm: choice({ options: ['linf', 'l2'], default: 'linf', help: 'Norm of the ball and of the step.' }),
    alpha: derivedNumber({
      derived: '1.25 · epsilon',
      min: 0,
      exclusiveMin: true,
      unit: 'pixel range',
      help: 'Length of the step. With twice epsilon the paper’s models break down (on CIFAR-10).',
    }),
    ramp: rampOver(0.4),
    epochs: ownEpochs,
    patience: patienceParam,
  },
  derive: ({ epsilon }, training) => ({ alpha: 1.25 * epsilon, epochs: training.epochs }),
  against: ['fgsm'],
  cost(basis: CostBasis, { epsilon, norm, alpha, epochs, patience }) {
    const one = pgd({ epsilon, norm, steps: 1, stepSize: alpha });
    const looks = [one, many({ epsilon, norm })].map((attack) =>
      basis.examined(attack, watched(basis.train)),
    );
    return (
      epochs * (basis.batches * (1 + basis.attack(one)) + looks.reduce((a, b) => a + b)) +
      stoppingCost(basis, many({ epsilon, norm }), epochs, patience)
    );
  },
  async train(trainer, { train }, { epsilon, norm, alpha, ramp, epochs, patience }) {
    const oneStep = pgd({ epsilon, norm, steps: 1, stepSize: alpha });
    const manySteps = many({ epsilon, norm });
    const inputs = slice(train, 0, watched(sizeOf(train)));
    /** Epochs looked at, the most inputs that withstood many steps after any of them, and whether the user was told. */
    let [looks, best, told] = [0, 0, 0];
    await trainer.fit(train, {
      epochs,
      work: 1 + trainer.work(oneStep),
      earlyStopping: stopping(manySteps, patience, ramp),
      memory: {
        state: () => ({ watched: Float32Array.of(looks, best, told) }),
        restore: (state) => ([looks, best, told] = state.watched as unknown as [number, number, number]),
      },
      perturb: (model, batch, progress, context) =>
        trainer.attack(grownAttack(trainer, oneStep, ramp, progress), model, batch, context),
      async afterEpoch(model, context) {
        const of = sizeOf(inputs);
        const one = await trainer.standing(oneStep, model, inputs, context);
        const many = await trainer.standing(manySteps, model, inputs, context);
        trainer.point('oneStepAccuracy', one / of);
        trainer.point('manyStepAccuracy', many / of);
        looks++;
        const broken = overfitted({
          one: one / of,
          many: many / of,
          best: best / of,
          last: looks === epochs,
        });
        best = Math.max(best, many);
        if (told || !broken) return;
        told = 1;
        const shares = [one, many].map((n) => `${((100 * n) / of).toFixed(1)} %`);
        trainer.warn(
          'catastrophic-overfitting',
          `Fast adversarial training broke down: of ${of} training inputs ${shares[0]} withstand the one step it trains against, and ${shares[1]} ten steps within the same epsilon. What one step reports on this model is no sign of robustness; lower alpha, lengthen the ramp, or set patience.`,
        );
      },
    });
  },
});

/**
 * Whether most inputs withstand the one step, and many steps find more than half of those: in the end, or where there had
 * once been twice as many. While epsilon grows, and for some epochs after, many steps lag behind in a sound training too.
 */
export const overfitted = (shares: { one: number; many: number; best: number; last: boolean }): boolean => {
  const { one, many, best, last } = shares;
  const collapsed = best > 0.2 && many < best / 2;
  return one > 0.5 && many < one / 2 && (last || collapsed);
};
