/**
 * A policy from outside as a TensorFlow.js layers model: one input [n, values of an observation] (on finite environments
 * one-hot states), one output [n, actions], the largest of which is done. Not trained here.
 *
 * A chain of dense relu layers is rebuilt as a network of the lab, so that interval bounds certify it; anything else is
 * run, and differentiated, by TensorFlow.js.
 */
import * as tf from '@tensorflow/tfjs';
import type { Environment } from '../../contract/environment';
import { path } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { stream } from '../../contract/random';
import { defineImportedAgent, type Policy } from '../definitions';
import { dense, Network } from '../network';
import { rebuiltModel } from '../rebuilt-model';
import { encodingFor, networkPolicy, type Encoding } from './parts/network-policy';
import { readOut } from '../read-out';

const CAPABILITIES = ['scores', 'gradients'] as const;

export default defineImportedAgent({
  id: 'imported-policy',
  title: 'Imported policy',
  summary:
    'A trained policy as a TensorFlow.js model.json with its weights: exported from a session, cloned from recorded trajectories, or from elsewhere. Nothing is trained: one arm.',
  limits:
    'The session does not hold the model. Its outputs are taken as logits or values; a final softmax is removed.',
  reference: {
    authors: 'D. Smilkov and others',
    title: 'TensorFlow.js: machine learning for the web and beyond',
    year: 2019,
    where: 'SysML, arXiv:1901.05350',
  },
  capabilities: [...CAPABILITIES],
  requires: [],
  params: {
    path: path({ what: 'file', help: 'The model.json; its weight files lie beside it.' }),
  },

  async load(environment, _params, artifacts) {
    const { model } = await rebuiltModel(artifacts, 'agent.path');
    const encoding = encodingFor(environment);
    const actions = environment.actionSpace.n;
    checkShapes(model, encoding, environment);
    const network = denseNetwork(model);
    if (!network)
      return { policy: layersPolicy(model, encoding, actions), dispose: () => void model.dispose() };
    model.dispose();
    return {
      policy: networkPolicy(network, encoding, actions, [...CAPABILITIES]),
      dispose: () => network.dispose(),
    };
  },
});

/** @throws LabError for a model that is no policy of this environment */
function checkShapes(model: tf.LayersModel, { inputSize }: Encoding, { actionSpace }: Environment): void {
  const [inputs, outputs] = [model.inputs, model.outputs].map((all) => all.map(({ shape }) => shape));
  const fits = (shapes: (number | null)[][], size: number): boolean =>
    shapes.length === 1 && shapes[0]!.length === 2 && shapes[0]![1] === size;
  if (fits(inputs!, inputSize) && fits(outputs!, actionSpace.n)) return;
  model.dispose();
  throw new LabError(
    'agent.path',
    `takes ${JSON.stringify(inputs)} and gives ${JSON.stringify(outputs)}; expected one input [n, ${inputSize}] and one output [n, ${actionSpace.n}]`,
    'Use a policy of this environment: as many inputs as an observation has values, as many outputs as there are actions.',
  );
}

/** The model as a network of the lab; null for anything but dense layers, relu but for the last. */
function denseNetwork(model: tf.LayersModel): Network | null {
  const layers = model.layers
    .map((layer) => ({
      kind: layer.getClassName(),
      config: layer.getConfig(),
      weights: layer.getWeights(),
    }))
    .filter(({ kind, config }) => {
      const idle = kind === 'Activation' && config.activation === 'linear';
      return kind !== 'InputLayer' && !idle;
    });
  const plain = layers.every(
    ({ kind, config, weights }, i) =>
      kind === 'Dense' &&
      config.activation === (i < layers.length - 1 ? 'relu' : 'linear') &&
      weights.length === 2,
  );
  if (!plain) return null;
  const network = new Network(
    [layers[0]!.weights[0]!.shape[0]!],
    layers.map(({ weights }, i) => dense(weights[1]!.shape[0]!, i < layers.length - 1 ? 'relu' : 'linear')),
    stream(1, 'overwritten by the imported weights'),
  );
  network.parameters.forEach((parameter, i) =>
    parameter.assign(layers[i >> 1]!.weights[i % 2]!.dataSync<'float32'>()),
  );
  return network;
}

function layersPolicy(model: tf.LayersModel, encoding: Encoding, actions: number): Policy {
  const { observationSize, inputSize, encode } = encoding;
  const input = (observations: Float32Array): tf.Tensor2D =>
    tf.tensor2d(encode(observations), [observations.length / observationSize, inputSize]);
  const outputs = (rows: tf.Tensor): tf.Tensor => model.apply(rows, { training: false }) as tf.Tensor;
  return {
    observationSize,
    actions,
    capabilities: [...CAPABILITIES],
    scores: (observations) => readOut(() => outputs(input(observations))),
    gradient: (observations, loss) =>
      tf.tidy(() => {
        const rows = input(observations);
        const scores = outputs(rows).dataSync<'float32'>();
        const climbed = loss(scores);
        const ofScores = tf.tensor2d(climbed.gradient, [scores.length / actions, actions]);
        // The loss gives its own gradient in the scores; the tape is only needed from there back.
        const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(outputs(x), ofScores)))(rows);
        return { scores, loss: climbed.loss, gradient: gradient.dataSync<'float32'>() };
      }),
  };
}
