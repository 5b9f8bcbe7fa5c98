/**
 * Proximal policy optimisation (Schulman et al. 2017): some steps are taken with the policy as it is; then, for some
 * epochs over them, the policy follows
 *
 *     maximise  mean min(ρ·A, clip(ρ, 1 − c, 1 + c)·A) + entropy bonus,   ρ = π(a|s) / π_old(a|s),
 *
 * and the critic the returns. A are generalised advantages (Schulman et al. 2016, arXiv:1506.02438) of
 * δ = r + γ·V(s′) − V(s), standardised in every batch. A time limit is no termination: V(s′) is bootstrapped through it.
 *
 * A choice may have several parts that are drawn independently, as an adversary moves several values at once.
 */
import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../../contract/random';
import type { Context } from '../../context';
import type { Network } from '../../network';
import { Adam } from '../../optimizers';
import { logSumExp, softmax } from '../../rl/score-losses';
import { rowsOf } from '../../rl/worlds';
import { clippedStep } from './clipped-step';
import { PlainNetwork } from './network-policy';
import { readOut } from '../../read-out';

/** What is learnt in: episodes side by side, as rows of network inputs. */
export interface Course {
  rows: number;
  /** What is seen now, rows × input size; after the end of an episode the start of the next. */
  inputs(): Float32Array;
  /** Choices are rows × parts; what was done in the place of one is written over it. */
  step(choices: Int32Array): {
    rewards: ArrayLike<number>;
    /** Inputs after the step, the last ones of episodes that ended. */
    next: Float32Array;
    terminated: ArrayLike<boolean>;
    truncated: ArrayLike<boolean>;
  };
}

export interface ProximalSettings {
  /** Steps a row between two improvements. */
  stepsARow: number;
  batchSize: number;
  epochs: number;
  /** γ and λ. */
  discount: number;
  gaeLambda: number;
  entropyCoefficient: number;
  valueCoefficient: number;
  gradientClip: number;
}

/** What may change from one improvement to the next. */
export interface Pace {
  learningRate: number;
  /** How far ρ may lie from 1 for a sample to still move the policy. */
  clipRange: number;
  /** A further gradient of the actor's parameters, on a batch of inputs and its outputs; called within tf.tidy. */
  penalty?(inputs: Float32Array, outputs: Float32Array): tf.Tensor[];
}

/** Samples of one improvement, row after row of every step. */
interface Samples {
  inputs: Float32Array;
  choices: Int32Array;
  logProbabilities: Float32Array;
  advantages: Float32Array;
  returns: Float32Array;
}

/** Adam's ε, as in Stable-Baselines3. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-5 };
/** Gradient steps between two breaths: about 30 ms. */
const UPDATES_A_BREATH = 16;

export class ProximalPolicy {
  private readonly acting: PlainNetwork;
  private readonly optimizer: Adam;
  private readonly inputSize: number;

  /**
   * @param actor outputs are logits of `parts` choices of `options` each
   * @param critic one output
   */
  constructor(
    private readonly actor: Network,
    private readonly critic: Network,
    private readonly parts: number,
    private readonly options: number,
    private readonly settings: ProximalSettings,
    /** Of choices, and of the order of samples. */
    private readonly random: { acting: Random; order: Random },
  ) {
    this.acting = new PlainNetwork(actor);
    this.optimizer = new Adam([...actor.parameters, ...critic.parameters], ADAM);
    this.inputSize = actor.inputShape[0]!;
  }

  /** Takes `stepsARow` steps in every row and learns from them. */
  async improve(
    course: Course,
    pace: Pace,
    breathe: Context['breathe'],
  ): Promise<{ policyLoss: number; valueLoss: number; entropy: number }> {
    const samples = this.collect(course);
    await breathe();
    const count = samples.returns.length;
    const { batchSize, epochs } = this.settings;
    const sums = { policyLoss: 0, valueLoss: 0, entropy: 0 };
    let updates = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = this.random.order.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
      for (let first = 0; first < count; first += batchSize) {
        const losses = this.update(samples, order.subarray(first, first + batchSize), pace);
        sums.policyLoss += losses.policyLoss;
        sums.valueLoss += losses.valueLoss;
        sums.entropy += losses.entropy;
        if (++updates % UPDATES_A_BREATH === 0) await breathe();
      }
    }
    this.acting.refresh();
    return {
      policyLoss: sums.policyLoss / updates,
      valueLoss: sums.valueLoss / updates,
      entropy: sums.entropy / updates,
    };
  }

  dispose(): void {
    this.optimizer.dispose();
  }

  private collect(course: Course): Samples {
    const { stepsARow, discount, gaeLambda } = this.settings;
    const { rows } = course;
    const { inputSize, parts, options } = this;
    const count = stepsARow * rows;
    const inputs = new Float32Array(count * inputSize);
    const choices = new Int32Array(count * parts);
    const rewards = new Float64Array(count);
    const over = new Uint8Array(count);
    /** Samples cut by the time limit, and what would have been seen after them. */
    const cut: { at: number; next: Float32Array }[] = [];
    for (let t = 0; t < stepsARow; t++) {
      const seen = course.inputs();
      inputs.set(seen, t * rows * inputSize);
      for (let row = 0; row < rows; row++) {
        const outputs = this.acting.outputs(seen.subarray(row * inputSize, (row + 1) * inputSize));
        choices.set(
          drawnOptions(softmax(outputs, options), options, this.random.acting),
          (t * rows + row) * parts,
        );
      }
      const taken = course.step(choices.subarray(t * rows * parts, (t + 1) * rows * parts));
      for (let row = 0; row < rows; row++) {
        const at = t * rows + row;
        rewards[at] = taken.rewards[row]!;
        over[at] = taken.terminated[row] || taken.truncated[row] ? 1 : 0;
        if (taken.truncated[row])
          cut.push({ at, next: taken.next.slice(row * inputSize, (row + 1) * inputSize) });
      }
    }

    const values = this.judge([inputs, course.inputs(), ...cut.map(({ next }) => next)]);
    cut.forEach(({ at }, i) => (rewards[at]! += discount * values[count + rows + i]!));
    const advantages = new Float32Array(count);
    for (let row = 0; row < rows; row++) {
      let advantage = 0;
      for (let t = stepsARow - 1; t >= 0; t--) {
        const at = t * rows + row;
        const goesOn = over[at] ? 0 : discount;
        const delta = rewards[at]! + goesOn * values[at + rows]! - values[at]!;
        advantage = delta + goesOn * gaeLambda * advantage;
        advantages[at] = advantage;
      }
    }
    const logits = readOut(() => this.actor.outputs(this.tensor(inputs)));
    return {
      inputs,
      choices,
      logProbabilities: this.logProbabilities(logits, choices),
      advantages,
      returns: advantages.map((advantage, at) => advantage + values[at]!),
    };
  }

  private update(
    samples: Samples,
    batch: Uint32Array,
    { learningRate, clipRange, penalty }: Pace,
  ): { policyLoss: number; valueLoss: number; entropy: number } {
    const { parts, options } = this;
    const { entropyCoefficient, valueCoefficient, gradientClip } = this.settings;
    const n = batch.length;
    const advantages = standardised(Float32Array.from(batch, (at) => samples.advantages[at]!));
    const inputs = rowsOf(samples.inputs, batch, this.inputSize);
    const choices = Int32Array.from({ length: n * parts }, (_, k) => {
      const part = k % parts;
      return samples.choices[batch[(k - part) / parts]! * parts + part]!;
    });
    const losses = { policyLoss: 0, valueLoss: 0, entropy: 0 };
    tf.tidy(() => {
      const actions = this.actor.forward(this.tensor(inputs));
      const logits = actions.at(-1)!.dataSync<'float32'>();
      const probabilities = softmax(logits, options);
      const now = this.logProbabilities(logits, choices);
      const ofLogits = new Float32Array(logits.length);
      batch.forEach((at, i) => {
        const ratio = Math.exp(now[i]! - samples.logProbabilities[at]!);
        const advantage = advantages[i]!;
        const clipped = Math.min(Math.max(ratio, 1 - clipRange), 1 + clipRange);
        losses.policyLoss -= Math.min(ratio * advantage, clipped * advantage) / n;
        // Where the clipped term is the smaller one, it is constant.
        const slope = ratio * advantage <= clipped * advantage ? (ratio * advantage) / n : 0;
        for (let part = 0; part < parts; part++) {
          const first = (i * parts + part) * options;
          let entropy = 0;
          for (let k = first; k < first + options; k++) entropy -= plogp(probabilities[k]!);
          losses.entropy += entropy / n;
          for (let o = 0; o < options; o++) {
            const p = probabilities[first + o]!;
            const isChosen = o === choices[i * parts + part] ? 1 : 0;
            ofLogits[first + o] =
              -slope * (isChosen - p) + (entropyCoefficient * (plogp(p) + p * entropy)) / n;
          }
        }
      });
      const judged = this.critic.forward(this.tensor(inputs));
      const values = judged.at(-1)!.dataSync<'float32'>();
      const ofValues = Float32Array.from(batch, (at, i) => {
        const error = values[i]! - samples.returns[at]!;
        losses.valueLoss += error ** 2 / n;
        return (2 * valueCoefficient * error) / n;
      });
      const ofActor = this.actor.parameterGradients(actions, tf.tensor2d(ofLogits, [n, parts * options]));
      const further = penalty?.(inputs, logits);
      clippedStep(
        this.optimizer,
        [
          ...(further ? ofActor.map((gradient, i) => tf.add(gradient, further[i]!)) : ofActor),
          ...this.critic.parameterGradients(judged, tf.tensor2d(ofValues, [n, 1])),
        ],
        { gradientClip, learningRate },
      );
    });
    return losses;
  }

  private tensor(inputs: Float32Array): tf.Tensor2D {
    return tf.tensor2d(inputs, [inputs.length / this.inputSize, this.inputSize]);
  }

  private judge(inputs: Float32Array[]): Float32Array {
    const all = new Float32Array(inputs.reduce((sum, { length }) => sum + length, 0));
    inputs.reduce((at, rows) => (all.set(rows, at), at + rows.length), 0);
    return readOut(() => this.critic.outputs(this.tensor(all)));
  }

  /** Of each sample's choice, its parts together. */
  private logProbabilities(logits: Float32Array, choices: Int32Array): Float32Array {
    const { parts, options } = this;
    return Float32Array.from({ length: choices.length / parts }, (_, i) => {
      let sum = 0;
      for (let k = i * parts; k < (i + 1) * parts; k++)
        sum += logits[k * options + choices[k]!]! - logSumExp(logits, k * options, options);
      return sum;
    });
  }
}

const plogp = (p: number): number => (p > 0 ? p * Math.log(p) : 0);

/** One option drawn by each group of `options` probabilities. */
export function drawnOptions(probabilities: Float32Array, options: number, random: Random): Int32Array {
  return Int32Array.from({ length: probabilities.length / options }, (_, group) => {
    let left = random.uniform();
    for (let option = 0; option < options - 1; option++) {
      left -= probabilities[group * options + option]!;
      if (left < 0) return option;
    }
    return options - 1;
  });
}

/** Mean 0, standard deviation 1. */
function standardised(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const deviation = Math.sqrt(variance) + 1e-8;
  return values.map((value) => (value - mean) / deviation);
}
