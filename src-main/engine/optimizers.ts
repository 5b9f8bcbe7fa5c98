/** Optimizers over a network's parameters, their state readable for checkpoints. */
import type * as tf from '@tensorflow/tfjs';
import { applyAdam, applyGradientDescent, Parameter } from './kernels';

export interface Optimizer {
  /** One step; gradients in the order of the parameters. */
  step(gradients: tf.Tensor[], learningRate: number): void;
  /** Everything a later step depends on. */
  state(): Record<string, Float32Array>;
  restore(state: Record<string, Float32Array>): void;
  dispose(): void;
}

/** Adam (Kingma & Ba 2015). Defaults are PyTorch's and Keras' betas and PyTorch's epsilon. */
export class Adam implements Optimizer {
  private t = 0;
  private readonly means: Parameter[];
  private readonly variances: Parameter[];

  constructor(
    private readonly parameters: Parameter[],
    private readonly settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  ) {
    const zeros = () =>
      parameters.map((p) => new Parameter(p.shape, new Float32Array(p.shape.reduce((a, b) => a * b, 1))));
    this.means = zeros();
    this.variances = zeros();
  }

  step(gradients: tf.Tensor[], learningRate: number): void {
    this.t++;
    const updates = this.parameters.map((parameter, i) => ({
      parameter,
      mean: this.means[i]!,
      variance: this.variances[i]!,
      gradient: gradients[i]!,
    }));
    applyAdam(updates, this.t, { learningRate, ...this.settings });
  }

  state(): Record<string, Float32Array> {
    const entries = this.parameters.flatMap((_, i) => [
      [`mean/${i}`, this.means[i]!.toArray()] as const,
      [`variance/${i}`, this.variances[i]!.toArray()] as const,
    ]);
    return { step: Float32Array.of(this.t), ...Object.fromEntries(entries) };
  }

  restore(state: Record<string, Float32Array>): void {
    this.t = state.step![0]!;
    this.parameters.forEach((_, i) => {
      this.means[i]!.assign(state[`mean/${i}`]!);
      this.variances[i]!.assign(state[`variance/${i}`]!);
    });
  }

  dispose(): void {
    for (const parameter of [...this.means, ...this.variances]) parameter.dispose();
  }
}

/** Stochastic gradient descent without momentum. */
export class GradientDescent implements Optimizer {
  constructor(private readonly parameters: Parameter[]) {}

  step(gradients: tf.Tensor[], learningRate: number): void {
    this.parameters.forEach((parameter, i) => applyGradientDescent(parameter, gradients[i]!, learningRate));
  }

  state(): Record<string, Float32Array> {
    return {};
  }

  restore(): void {}

  dispose(): void {}
}

export const createOptimizer = (kind: 'adam' | 'sgd', parameters: Parameter[]): Optimizer =>
  kind === 'adam' ? new Adam(parameters) : new GradientDescent(parameters);
