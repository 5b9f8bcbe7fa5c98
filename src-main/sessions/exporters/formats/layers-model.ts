import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateOf } from '../../show';
import { defineExporter } from '../exporter';

const SUFFIX = '/kernel';

/** Layers of a recorded dense network, first to last. Null for weights of anything else. */
export function denseLayers(
  weights: Record<string, Float32Array>,
): { kernel: Float32Array; bias: Float32Array }[] | null {
  const count = Object.keys(weights).filter((name) => /^\d+\/kernel$/.test(name)).length;
  const layers = Array.from({ length: count }, (_, i) => ({
    kernel: weights[`${i}${SUFFIX}`],
    bias: weights[`${i}/bias`],
  }));
  const sound = layers.every(
    ({ kernel, bias }, i) =>
      kernel &&
      bias &&
      kernel.length % bias.length === 0 &&
      (i === 0 || kernel.length === bias.length * layers[i - 1]!.bias!.length),
  );
  return count > 0 && sound ? (layers as { kernel: Float32Array; bias: Float32Array }[]) : null;
}

/** A network of dense relu layers, the last one linear, as model.json and the one weight file beside it. */
export function layersModel(layers: { kernel: Float32Array; bias: Float32Array }[]): {
  json: unknown;
  weights: Buffer;
} {
  const inputs = layers[0]!.kernel.length / layers[0]!.bias.length;
  const config = layers.map(({ bias }, i) => ({
    class_name: 'Dense',
    config: {
      name: `dense_${i}`,
      units: bias.length,
      activation: i < layers.length - 1 ? 'relu' : 'linear',
      use_bias: true,
      ...(i === 0 && { batch_input_shape: [null, inputs] }),
    },
  }));
  const weightSpecs = layers.flatMap(({ kernel, bias }, i) => [
    { name: `dense_${i}${SUFFIX}`, shape: [kernel.length / bias.length, bias.length], dtype: 'float32' },
    { name: `dense_${i}/bias`, shape: [bias.length], dtype: 'float32' },
  ]);
  const bytes = layers
    .flatMap(({ kernel, bias }) => [kernel, bias])
    .map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return {
    json: {
      format: 'layers-model',
      generatedBy: 'Sparring',
      modelTopology: { class_name: 'Sequential', config: { name: 'policy', layers: config } },
      weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
    },
    weights: Buffer.concat(bytes),
  };
}

export default defineExporter({
  id: 'layers-model',
  title: 'Policies as TensorFlow.js models',
  summary:
    'A folder with one TensorFlow.js layers model for every arm whose agent is a network: the network that was evaluated, from observations to Q-values or logits; policies.json lists them. The agent imported-policy reads them again.',
  limits:
    'Agents alone; a critic beside the policy is left out, and so is a defence in front of the agent. States of grid worlds are one-hot.',
  reference: {
    authors: 'D. Smilkov and others',
    title: 'TensorFlow.js: machine learning for the web and beyond',
    year: 2019,
    where: 'SysML, arXiv:1901.05350',
  },
  extension: '',
  async write(session, place) {
    const state = stateOf(session);
    const agents = state.plan?.task === 'reinforcement-learning' ? state.arms : [];
    const trained = new Map(session.ofType('trained').map(({ arm, weights }) => [arm, weights]));
    const policies = agents.flatMap(({ plan: { index, seed, poisoning, defense } }) => {
      const layers = denseLayers(trained.get(index) ?? {});
      const path = `arm-${index}/model.json`;
      return layers
        ? [{ about: { path, arm: index, seed, poisoning, defense }, ...layersModel(layers) }]
        : [];
    });
    mkdirSync(place(), { recursive: true });
    writeFileSync(
      join(place(), 'policies.json'),
      JSON.stringify(
        policies.map(({ about }) => about),
        null,
        2,
      ),
    );
    for (const { about, json, weights } of policies) {
      const folder = join(place(), `arm-${about.arm}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
      writeFileSync(join(folder, 'weights.bin'), weights);
    }
  },
});
