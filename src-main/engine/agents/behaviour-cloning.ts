/**
 * Behaviour cloning (Pomerleau 1991): a network is trained to tell the recorded action from what was seen,
 *
 *     loss = −log π(a | s)   over the steps of a log,
 *
 * without a look at pay or consequence. The network as training leaves it is the agent: nothing of the environment may
 * choose a checkpoint.
 */
import * as tf from '@tensorflow/tfjs';
import { integer, number } from '../../contract/params';
import type { ParamsOf } from '../../contract/params';
import { defineAgent } from '../definitions';
import { Adam } from '../optimizers';
import { logSumExp, softmax } from '../rl/score-losses';
import { rowsOf } from '../rl/worlds';
import { encodingFor, networkPolicy } from './parts/network-policy';
import { logNetwork, restoredAgent } from './parts/log-network';
import { logParams } from './parts/log-params';

const params = {
  ...logParams(0.1),
  epochs: integer({ default: 20, min: 1, max: 10_000, unit: 'epochs', help: 'Passes over the log.' }),
  learningRate: number({ default: 0.001, min: 0, exclusiveMin: true, max: 1, help: 'Of Adam.' }),
  batchSize: integer({ default: 64, min: 1, max: 8192, unit: 'steps', help: 'Steps in one gradient step.' }),
  hidden: integer({ default: 64, min: 1, max: 4096, unit: 'units', help: 'Width of the two hidden layers.' }),
};

/** Gradient steps between two breaths: about 30 ms. */
const UPDATES_A_BREATH = 16;
const CAPABILITIES = ['scores', 'gradients'] as const;

// A gradient step takes about 1.5 ms.
const cost = ({ logSteps, epochs, batchSize }: ParamsOf<typeof params>): number =>
  logSteps / 50 + epochs * Math.ceil(logSteps / batchSize) * 1.5;

export default defineAgent({
  id: 'behaviour-cloning',
  title: 'Behaviour cloning',
  summary:
    'Copies recorded trajectories: learns what a good policy did where, never what it was for. Trains within seconds, and is as good as its log; who alters what was done there alters the agent.',
  limits: 'Errors add up where the copy leaves what was recorded.',
  reference: {
    authors: 'D. A. Pomerleau',
    title: 'Efficient training of artificial neural networks for autonomous navigation',
    year: 1991,
    where: 'Neural Computation 3(1), 88–97, doi:10.1162/neco.1991.3.1.88',
  },
  params,
  capabilities: [...CAPABILITIES, 'training', 'recorded-steps'],
  requires: [],
  cost,

  async train(lesson, settings, context) {
    const { logSteps, exploration, epochs, learningRate, batchSize, hidden } = settings;
    const { environment } = lesson;
    const arm = context.arm.index;
    const actions = environment.actionSpace.n;
    const encoding = encodingFor(environment);
    const order = context.random('order');
    const log = lesson.record(logSteps, exploration);
    const network = logNetwork(environment, hidden, context.random('weights'));
    const policy = networkPolicy(network, encoding, actions, [...CAPABILITIES]);
    const optimizer = new Adam(network.parameters);
    const rows = log.actions.length;

    /** One gradient step on some rows; returns the summed loss. */
    const learn = (batch: Uint32Array): number =>
      tf.tidy(() => {
        const encoded = encoding.encode(rowsOf(log.observations, batch, log.size));
        const input = tf.tensor2d(encoded, [batch.length, encoding.inputSize]);
        const activations = network.forward(input);
        const logits = activations.at(-1)!.dataSync<'float32'>();
        const gradient = softmax(logits, actions);
        let loss = 0;
        batch.forEach((row, i) => {
          const at = i * actions + log.actions[row]!;
          loss += logSumExp(logits, i * actions, actions) - logits[at]!;
          gradient[at]! -= 1;
        });
        const ofLogits = tf.tensor2d(
          gradient.map((value) => value / batch.length),
          [batch.length, actions],
        );
        optimizer.step(network.parameterGradients(activations, ofLogits), learningRate);
        return loss;
      });

    await lesson.examine(policy, 0);
    let updates = 0;
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const shuffled = order.shuffle(Uint32Array.from({ length: rows }, (_, row) => row));
      let loss = 0;
      for (let first = 0; first < rows; first += batchSize) {
        loss += learn(shuffled.subarray(first, first + batchSize));
        if (++updates % UPDATES_A_BREATH === 0) await context.breathe();
      }
      const seen = epoch * logSteps;
      context.emit({ type: 'point', arm, series: 'cloningLoss', x: seen, value: loss / rows });
      context.worked(cost(settings) / epochs, `copied, epoch ${epoch} of ${epochs}`);
      await lesson.examine(policy, seen);
    }
    optimizer.dispose();
    return { policy, weights: network.weights(), dispose: () => network.dispose() };
  },

  restore: (environment, { hidden }, weights) => restoredAgent(environment, hidden, weights, CAPABILITIES),
});
