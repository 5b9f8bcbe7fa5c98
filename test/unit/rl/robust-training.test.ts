import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import cartpole from '../../../envs/cartpole';
import type { Environment } from '../../../src-main/contract/environment';
import { stream } from '../../../src-main/contract/random';
import { duelingHeads, plainHeads } from '../../../src-main/engine/agents/parts/heads';
import { smoothingGradients } from '../../../src-main/engine/agents/parts/smooth-policy';
import atla from '../../../src-main/engine/defenses/rl-training/atla';
import saRegularizer from '../../../src-main/engine/defenses/rl-training/sa-regularizer';
import smoothing from '../../../src-main/engine/defenses/rl-wrapper/observation-smoothing';
import type { Regularizer } from '../../../src-main/engine/definitions';
import { dense, Network } from '../../../src-main/engine/network';
import { Ball } from '../../../src-main/engine/rl/ball';
import { marginBounds } from '../../../src-main/engine/rl/bounds';
import { greedyActions } from '../../../src-main/engine/rl/greedy';
import { crossEntropy, softmax } from '../../../src-main/engine/rl/score-losses';
import { contextOf } from '../../fixtures/tiny';
import { defaults, linearPolicy } from './toys';

const pole = cartpole.create({ suttonBartoReward: false }) as Environment;
const box = pole.observationSpace as Extract<Environment['observationSpace'], { kind: 'box' }>;
const rows = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i) * 0.3);
const network = (outputs = 2) =>
  new Network([4], [dense(8), dense(8), dense(outputs, 'linear')], stream(3, 'weights'));

/** Derivative of a value in every weight, by finite differences. */
function derivatives(of: Network, value: () => number): number[][] {
  return of.parameters.map((parameter) => {
    const weights = parameter.toArray();
    return Array.from(weights, (weight, i) => {
      const at = (by: number): number => {
        parameter.assign(weights.map((other, k) => (k === i ? weight + by : other)));
        return value();
      };
      const slope = (at(2e-3) - at(-2e-3)) / 4e-3;
      parameter.assign(weights);
      return slope;
    });
  });
}

function expectClose(found: number[][], expected: number[][]): void {
  let [product, a, b] = [0, 0, 0];
  found.flat().forEach((value, i) => {
    const other = expected.flat()[i]!;
    product += value * other;
    a += value ** 2;
    b += other ** 2;
  });
  expect(a).toBeGreaterThan(1e-6);
  // A relu that turns within the difference spoils single values, not the direction and the length.
  expect(product / Math.sqrt(a * b)).toBeGreaterThan(0.99);
  expect(Math.sqrt(a / b)).toBeCloseTo(1, 1);
}

describe('interval bounds', () => {
  it.each([
    ['linf', 'absolute'],
    ['l2', 'deviations'],
  ] as const)('%s in %s: gradients in the weights are those of finite differences', (norm, unit) => {
    const of = network();
    const ball = new Ball(box, 0.1, norm, unit);
    const input = tf.tensor2d(rows, [3, 4]);
    const sum = () =>
      tf.tidy(() => {
        const { margins } = marginBounds(of, input, ball);
        return margins[0]!.sum().dataSync()[0]! + 2 * margins[1]!.sum().dataSync()[0]!;
      });
    const gradients = tf.tidy(() =>
      marginBounds(of, input, ball)
        .parameterGradients([tf.ones([3, 2]), tf.fill([3, 2], 2)])
        .map((gradient) => [...gradient.dataSync()]),
    );
    expectClose(gradients, derivatives(of, sum));
    input.dispose();
    of.dispose();
  });

  it('of dueling heads leave the common value out', () => {
    const of = network(3);
    const heads = duelingHeads(2);
    const folded = network(2);
    const weights = of.weights();
    folded.restore({
      ...weights,
      '2/kernel': heads.fold(weights['2/kernel']!),
      '2/bias': heads.fold(weights['2/bias']!),
    });
    const outputs = of.outputsOf(rows);
    heads.values(outputs).forEach((value, i) => expect(value).toBeCloseTo(folded.outputsOf(rows)[i]!, 5));
    tf.tidy(() => {
      const input = tf.tensor2d(rows, [3, 4]);
      const ball = new Ball(box, 0.05);
      const [ofHeads, plain] = [marginBounds(of, input, ball, 1), marginBounds(folded, input, ball)];
      ofHeads.margins[1]!.dataSync().forEach((value, i) =>
        expect(value).toBeCloseTo(plain.margins[1]!.dataSync()[i]!, 5),
      );
    });
    of.dispose();
    folded.dispose();
  });
});

describe('smoothing penalties', () => {
  const regularizer = (values: Partial<Regularizer>): Regularizer => ({
    kappa: 0.5,
    ball: new Ball(box, 0.2),
    inner: 'interval',
    steps: 10,
    confidence: 100,
    ...values,
  });
  const gradientsOf = (of: Network, form: 'hinge' | 'divergence', values: Partial<Regularizer>): number[][] =>
    tf.tidy(() =>
      smoothingGradients(
        of,
        plainHeads(2),
        form,
        rows,
        of.outputsOf(rows),
        regularizer(values),
        stream(1, 'inner'),
      ).map((gradient) => [...gradient.dataSync()]),
    );

  it('by intervals have the gradient of κ times the mean of their bound', () => {
    const of = network();
    const chosen = greedyActions(of.outputsOf(rows), 2);
    const p = softmax(of.outputsOf(rows), 2);
    const bounds = () =>
      tf.tidy(() =>
        marginBounds(of, tf.tensor2d(rows, [3, 4]), new Ball(box, 0.2)).margins.map((bound) =>
          bound.dataSync(),
        ),
      );
    const hinge = () => {
      const margins = bounds();
      return [0, 1, 2].reduce((sum, i) => sum + (0.5 * margins[chosen[i]!]![2 * i + 1 - chosen[i]!]!) / 3, 0);
    };
    expectClose(gradientsOf(of, 'hinge', {}), derivatives(of, hinge));
    const divergence = () => {
      const margins = bounds();
      let sum = 0;
      for (let i = 0; i < 3; i++)
        for (const k of [0, 1])
          sum += p[2 * i + k]! * Math.log(Math.exp(margins[k]![2 * i]!) + Math.exp(margins[k]![2 * i + 1]!));
      return (0.5 * sum) / 3;
    };
    expectClose(gradientsOf(of, 'divergence', {}), derivatives(of, divergence));
    of.dispose();
  });

  it('ask no more of a sample than the confidence, each sample for itself', () => {
    const of = network();
    // Far above what any margin can be lowered to: nothing is left to ask.
    expect(
      gradientsOf(of, 'hinge', { confidence: -1e6 })
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
    expect(
      gradientsOf(of, 'hinge', { confidence: -1e6, inner: 'pgd' })
        .flat()
        .every((value) => value === 0),
    ).toBe(true);
    expect(
      gradientsOf(of, 'hinge', { inner: 'pgd' })
        .flat()
        .some((value) => value !== 0),
    ).toBe(true);
    of.dispose();
  });

  it('followed downhill make actions certain that were not', () => {
    const of = network();
    const certain = () =>
      tf.tidy(() => {
        const { margins } = marginBounds(of, tf.tensor2d(rows, [3, 4]), new Ball(box, 0.05));
        const chosen = greedyActions(of.outputsOf(rows), 2);
        const values = margins.map((bound) => bound.dataSync());
        return [0, 1, 2].map((i) => values[chosen[i]!]![2 * i + 1 - chosen[i]!]!);
      });
    const before = Math.max(...certain());
    for (let step = 0; step < 60; step++) {
      const gradients = gradientsOf(of, 'hinge', { kappa: 1, confidence: 1, ball: new Ball(box, 0.05) });
      of.parameters.forEach((parameter, i) =>
        parameter.assign(parameter.toArray().map((weight, k) => weight - 0.1 * gradients[i]![k]!)),
      );
    }
    expect(before).toBeGreaterThan(0);
    expect(Math.max(...certain())).toBeLessThan(0);
    of.dispose();
  });

  it('the ball grows from nothing over the ramp', () => {
    const at = (progress: number) =>
      saRegularizer.regularizer!(
        defaults(saRegularizer.params, { epsilon: 0.2, ramp: 0.5 }) as never,
        progress,
        box,
      );
    expect(at(0)).toBeNull();
    expect(at(0.25)!.ball.epsilon).toBeCloseTo(0.1, 9);
    expect(at(0.9)!.ball.epsilon).toBeCloseTo(0.2, 9);
  });
});

describe('atla', () => {
  it('lets the adversary learn against the agent as it is, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const { adversary, ball } = atla.sparring!(
      defaults(atla.params, { adversarySteps: 4096, epsilon: 0.1, ramp: 0.5 }) as never,
      pole,
      contextOf(1),
    );
    expect(ball(0.25).epsilon).toBeCloseTo(0.05, 9);
    const moved = () => [...adversary.perturb(rows, ball(1))];
    const untaught = moved();
    expect(
      await adversary.catchUp(
        linearPolicy([
          [0, 0, 0, 0],
          [0, 0, 1, 0.3],
        ]),
      ),
    ).toBeGreaterThan(5);
    expect(moved()).not.toEqual(untaught);
    moved().forEach((value, i) => expect(Math.abs(value - rows[i]!)).toBeLessThan(0.1001));
    adversary.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('observation-smoothing', () => {
  const policy = linearPolicy([
    [0, 0, 0, 0],
    [1, 0, 0, 0],
  ]);
  const wrap = (values: object) =>
    smoothing.wrap(policy, defaults(smoothing.params, values) as never, pole, stream(1, 'wrapper'));

  it('scores are the shares of the votes, the same at every call', () => {
    const wrapped = wrap({ sigma: 0.1, votes: 1001 });
    // P(0.1·η + x > 0) at x = 0.1 is Φ(1) = 0.841.
    const scores = wrapped.scores(Float32Array.of(0.1, 0, 0, 0, -5, 0, 0, 0));
    expect(scores[1]).toBeCloseTo(0.841, 1);
    expect([...scores.subarray(2)]).toEqual([1, 0]);
    expect(wrapped.scores(Float32Array.of(0.1, 0, 0, 0))[1]).toBe(scores[1]);
  });

  it('is the bare policy without noise, its gradients too', () => {
    const wrapped = wrap({ sigma: 0, votes: 3 });
    const loss = crossEntropy(Int32Array.of(0, 1, 0), 2);
    const [mine, bare] = [wrapped.gradient!(rows, loss), policy.gradient!(rows, loss)];
    expect(greedyActions(wrapped.scores(rows), 2)).toEqual(greedyActions(policy.scores(rows), 2));
    mine.gradient.forEach((value, i) => expect(value).toBeCloseTo(bare.gradient[i]!, 5));
    mine.loss.forEach((value, i) => expect(value).toBeCloseTo(bare.loss[i]!, 5));
  });
});
