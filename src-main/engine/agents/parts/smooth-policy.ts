/**
 * Penalties on scores that change near an observation (H. Zhang et al. 2020, arXiv:2003.08938), as gradients in a
 * network's parameters. With ŝ the worst observation in a ball around s:
 *
 *     hinge      κ · max{ max over a ≠ a* of Q(ŝ, a) − Q(ŝ, a*),  −c },   a* = argmax Q(s, ·)      (SA-DQN)
 *     divergence κ · KL(π(s) ‖ π(ŝ))                                                               (SA-PPO)
 *
 * each a mean over the batch, the hinge taken for every sample. a* and π(s) stand still in the gradient. ŝ is found by
 * gradient steps, or the inner maximum is bounded by interval arithmetic: of the margin directly, of the divergence by
 * KL ≤ Σ π(a|s) · (log π(a|s) + log Σ_b exp(largest z_b − z_a)).
 */
import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../../contract/random';
import type { Regularizer } from '../../definitions';
import type { Network } from '../../network';
import { marginBounds } from '../../rl/bounds';
import { climb } from '../../rl/climb';
import { greedyActions } from '../../rl/greedy';
import { divergenceFrom, logSumExp, marginOver, softmax, type ScoreLoss } from '../../rl/score-losses';
import type { Heads } from './heads';

export type Smoothness = 'hinge' | 'divergence';

/** Gradients of the parameters, in their order. `scores` are those at the rows of `observations`. Within tf.tidy. */
export function smoothingGradients(
  network: Network,
  heads: Heads,
  form: Smoothness,
  observations: Float32Array,
  scores: Float32Array,
  regularizer: Regularizer,
  random: Random,
): tf.Tensor[] {
  const { ball, kappa, inner, steps, confidence } = regularizer;
  const n = observations.length / ball.size;
  const actions = scores.length / n;
  const share = kappa / n;
  const input = (rows: Float32Array): tf.Tensor2D => tf.tensor2d(rows, [n, ball.size]);
  const chosen = greedyActions(scores, actions);
  const probabilities = softmax(scores, actions);

  if (inner === 'interval') {
    const bounds = marginBounds(network, input(observations), ball, heads.units - actions);
    const gradients = bounds.margins.map((bound, k) => {
      const margins = bound.dataSync<'float32'>();
      const gradient =
        form === 'hinge'
          ? hingeGradient(margins, chosen, k, confidence)
          : divergenceBoundGradient(margins, probabilities, k, actions);
      return tf.tensor2d(
        gradient.map((value) => share * value),
        [n, actions],
      );
    });
    return bounds.parameterGradients(gradients);
  }

  const loss: ScoreLoss =
    form === 'hinge' ? marginOver(chosen, actions) : divergenceFrom(probabilities, actions);
  const at = (rows: Float32Array) =>
    tf.tidy(() => {
      const activations = network.forward(input(rows));
      const climbed = loss(heads.values(activations.at(-1)!.dataSync<'float32'>()));
      const ofOutputs = tf.tensor2d(heads.gradient(climbed.gradient), [n, heads.units]);
      return {
        loss: climbed.loss,
        gradient: network.inputGradient(activations, ofOutputs).dataSync<'float32'>(),
      };
    });
  const stepSize = ball.epsilon / steps;
  const worst = climb(observations, at, ball, { steps, stepSize, langevin: form === 'divergence' }, random);
  const activations = network.forward(input(worst));
  const found = loss(heads.values(activations.at(-1)!.dataSync<'float32'>()));
  const kept = found.gradient.map((value, i) =>
    form === 'hinge' && found.loss[Math.floor(i / actions)]! <= -confidence ? 0 : share * value,
  );
  return network.parameterGradients(activations, tf.tensor2d(heads.gradient(kept), [n, heads.units]));
}

/** Of the largest margin over k, in the rows where k is chosen and that margin lies above −c. */
function hingeGradient(
  margins: Float32Array,
  chosen: Int32Array,
  k: number,
  confidence: number,
): Float32Array {
  const actions = margins.length / chosen.length;
  const gradient = new Float32Array(margins.length);
  chosen.forEach((action, i) => {
    if (action !== k) return;
    let rival = -1;
    for (let a = 0; a < actions; a++)
      if (a !== k && (rival < 0 || margins[i * actions + a]! > margins[i * actions + rival]!)) rival = a;
    if (margins[i * actions + rival]! > -confidence) gradient[i * actions + rival] = 1;
  });
  return gradient;
}

/** Of π(k|s) · log Σ_b exp(margin of b over k). */
function divergenceBoundGradient(
  margins: Float32Array,
  probabilities: Float32Array,
  k: number,
  actions: number,
): Float32Array {
  return margins.map((margin, at) => {
    const first = at - (at % actions);
    return probabilities[first + k]! * Math.exp(margin - logSumExp(margins, first, actions));
  });
}
