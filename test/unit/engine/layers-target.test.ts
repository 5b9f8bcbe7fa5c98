import '@tensorflow/tfjs-node';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { LayersArtifacts } from '../../../src-main/contract/layers-artifacts';
import { crossEntropy } from '../../../src-main/engine/losses';
import { LayersTarget, NetworkTarget } from '../../../src-main/engine/target-views';
import { tinyNetwork } from '../../fixtures/tiny';

const OPTIONS = { inputLow: 0, inputHigh: 1, logits: false };
const network = tinyNetwork();

/** The tiny network as a tfjs layers model with the given end, as a user would have saved it. */
async function saved(end: 'softmax activation' | 'softmax layer' | 'sigmoid'): Promise<LayersArtifacts> {
  const model = tf.sequential();
  model.add(
    tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu', inputShape: [8, 8, 1] }),
  );
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 8, activation: 'relu' }));
  model.add(
    tf.layers.dense({
      units: 3,
      ...(end === 'softmax activation'
        ? { activation: 'softmax' }
        : end === 'sigmoid'
          ? { activation: 'sigmoid' }
          : {}),
    }),
  );
  if (end === 'softmax layer') model.add(tf.layers.softmax());
  model.setWeights(network.parameters.map((parameter) => tf.tensor(parameter.toArray(), parameter.shape)));
  let artifacts: LayersArtifacts | null = null;
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      artifacts = {
        topology: modelTopology,
        weightSpecs: weightSpecs as LayersArtifacts['weightSpecs'],
        weights: new Float32Array(weightData as ArrayBuffer),
      };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts!;
}

const images = tf.tidy(() => tf.randomUniform([4, 8, 8, 1], 0, 1, 'float32', 3)) as tf.Tensor4D;
const labels = tf.tensor1d([0, 1, 2, 0], 'int32');
const close = (a: tf.Tensor, b: tf.Tensor) => {
  const other = b.dataSync();
  a.dataSync().forEach((value, i) => expect(value).toBeCloseTo(other[i]!, 5));
};

describe('imported layers models', () => {
  it.each(['softmax activation', 'softmax layer'] as const)(
    'have their %s removed and give our logits and gradients',
    async (end) => {
      const target = await LayersTarget.create(await saved(end), OPTIONS);
      const own = new NetworkTarget(network, 3);
      expect(target.usesLogProbabilities).toBe(false);
      expect([target.inputShape, target.classes]).toEqual([[8, 8, 1], 3]);
      close(target.logits(images), own.logits(images));
      const [a, b] = [target, own].map((each) => each.gradient(images, crossEntropy(labels, 'untargeted')));
      close(a!.gradient, b!.gradient);
      close(a!.loss, b!.loss);
    },
  );

  it('are flagged when no softmax can be removed', async () => {
    const target = await LayersTarget.create(await saved('sigmoid'), OPTIONS);
    expect(target.usesLogProbabilities).toBe(true);
  });

  it('are given pixels in the range they declare', async () => {
    const target = await LayersTarget.create(await saved('softmax layer'), {
      ...OPTIONS,
      inputLow: -1,
      inputHigh: 1,
    });
    const own = new NetworkTarget(network, 3);
    close(target.logits(images), own.logits(tf.tidy(() => tf.sub(tf.mul(images, 2), 1)) as tf.Tensor4D));
  });

  it('leave no tensor behind', async () => {
    const artifacts = await saved('softmax layer');
    const attempt = async () => {
      const target = await LayersTarget.create(artifacts, OPTIONS);
      tf.dispose(
        target.gradient(images, crossEntropy(labels, 'untargeted')) as unknown as tf.TensorContainer,
      );
      target.dispose();
    };
    await attempt();
    const before = tf.memory().numTensors;
    await attempt();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('are refused when they are no image classifiers or damaged', async () => {
    const artifacts = await saved('softmax layer');
    await expect(
      LayersTarget.create({ ...artifacts, weights: artifacts.weights.slice(0, 10) }, OPTIONS),
    ).rejects.toThrow('cannot be rebuilt');
    await expect(LayersTarget.create({ ...artifacts, topology: {} }, OPTIONS)).rejects.toThrow(
      'cannot be rebuilt',
    );
  });
});
