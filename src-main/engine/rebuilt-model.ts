/** TensorFlow.js layers models from outside, made again from what their files held. */
import * as tf from '@tensorflow/tfjs';
import type { LayersArtifacts } from '../contract/layers-artifacts';
import { LabError } from '../contract/problem';

interface LayerJson {
  class_name: string;
  config: { activation?: string; [key: string]: unknown };
}

/**
 * The model again, a final softmax (`removed`) turned into the identity.
 * @throws LabError, naming the place, for a topology that cannot be rebuilt
 */
export async function rebuiltModel(
  { topology, weightSpecs, weights }: LayersArtifacts,
  place: string,
): Promise<{ model: tf.LayersModel; removed: boolean }> {
  const { modelTopology, removed } = withoutSoftmax(topology);
  try {
    const weightData = weights.buffer.slice(
      weights.byteOffset,
      weights.byteOffset + weights.byteLength,
    ) as ArrayBuffer;
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({ modelTopology: modelTopology as object, weightSpecs, weightData }),
    );
    return { model, removed };
  } catch (error) {
    throw new LabError(
      place,
      `the model cannot be rebuilt: ${error instanceof Error ? error.message : String(error)}`,
      'Save it again with TensorFlow.js as a layers model (model.json with its weight files).',
    );
  }
}

/** The topology with a final softmax (in the last layer, or as a layer of its own) replaced by the identity. */
function withoutSoftmax(topology: unknown): { modelTopology: unknown; removed: boolean } {
  const copy = JSON.parse(JSON.stringify(topology)) as Record<string, unknown>;
  const model = (copy.model_config ?? copy) as { config?: { layers?: LayerJson[] } | LayerJson[] };
  const layers = Array.isArray(model.config) ? model.config : model.config?.layers;
  const last = layers?.at(-1);
  if (last?.config.activation === 'softmax') {
    last.config.activation = 'linear';
    return { modelTopology: copy, removed: true };
  }
  if (last?.class_name === 'Softmax') {
    last.class_name = 'Activation';
    last.config = { name: last.config.name, activation: 'linear' };
    return { modelTopology: copy, removed: true };
  }
  return { modelTopology: copy, removed: false };
}
