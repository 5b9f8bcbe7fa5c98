import * as tf from '@tensorflow/tfjs';
import type { Split } from '../../../contract/dataset';
import { integer, number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineTrainingDefense, type FeatureTarget } from '../../definitions';
import { logitsOf } from '../../features';
import { inParts, sizeOf, toBatch } from '../../splits';
import { readOut } from '../../read-out';

/** Fine-pruning: units that clean images leave idle are cut, since a backdoor hides in them; then the model is tuned. */
export default defineTrainingDefense({
  id: 'fine-pruning',
  title: 'Fine-pruning',
  summary:
    'Trains on everything, then cuts the units of the last convolution that clean validation images excite least, as long as the accuracy on those holds, and trains on with the validation images alone. Nothing has to be found out about the poison.',
  limits:
    'Needs validation images that are known to be clean, and learns from them. Without a convolution the last hidden layer is pruned. A backdoor that uses the same units as the digits survives.',
  reference: {
    authors: 'K. Liu, B. Dolan-Gavitt, S. Garg',
    title: 'Fine-pruning: defending against backdooring attacks on deep neural networks',
    year: 2018,
    where: 'RAID, arXiv:1805.12185',
  },
  params: {
    drop: number({
      default: 0.04,
      min: 0,
      max: 1,
      unit: 'share',
      help: 'By how much the accuracy on the validation images may fall while units are cut.',
    }),
    tuning: integer({
      default: 5,
      min: 1,
      max: 10000,
      unit: 'epochs',
      help: 'Epochs on the validation images afterwards.',
    }),
  },
  cost: ({ epochs, batches, train, validation }, { tuning }) =>
    epochs * batches + tuning * Math.ceil((validation * batches) / Math.max(1, train)),
  async train(trainer, { train, validation }, { drop, tuning }) {
    if (sizeOf(validation) === 0) {
      throw new LabError(
        'defenses.fine-pruning',
        'the experiment has no validation images to prune by and to tune with',
        'Set dataset.validation.',
      );
    }
    const model = await trainer.fit(train);
    await trainer.fit(validation, { initial: pruned(model, validation, drop), epochs: tuning });
  },
});

/** Place of the layer that is pruned among the network's. */
function prunedLayer({ network: { layers } }: FeatureTarget): number {
  const kinds = layers.slice(0, -1).map(({ kind }) => kind);
  if (kinds.includes('conv2d')) return kinds.lastIndexOf('conv2d');
  if (kinds.includes('dense')) return kinds.lastIndexOf('dense');
  throw new LabError(
    'defenses.fine-pruning',
    'the model has no hidden layer to prune',
    'Choose a deeper model.',
  );
}

/**
 * The model's weights with idle units cut; the model itself is left as it was. A unit cut has weights and bias zero, so that
 * behind relu it neither answers nor learns again.
 */
export function pruned(model: FeatureTarget, clean: Split, drop: number): Record<string, Float32Array> {
  const { network } = model;
  const layer = prunedLayer(model);
  const original = network.weights();
  const activity = meanActivity(model, clean, layer);
  const order = [...activity.keys()].sort((a, b) => activity[a]! - activity[b]! || a - b);
  const units = activity.length;
  const right = () => {
    const logits = logitsOf(model, clean);
    const classes = model.classes;
    return clean.labels.filter((label, i) => {
      const answers = logits.subarray(i * classes, (i + 1) * classes);
      return answers.indexOf(Math.max(...answers)) === label;
    }).length;
  };
  const floor = right() - drop * sizeOf(clean);
  let kept = original;
  for (const unit of order.slice(0, -1)) {
    const next = { ...kept };
    for (const part of ['kernel', 'bias']) {
      const name = `${layer}/${part}`;
      next[name] = kept[name]!.map((value, at) => (at % units === unit ? 0 : value));
    }
    network.restore(next);
    if (right() < floor) break;
    kept = next;
  }
  network.restore(original);
  return kept;
}

/** Mean output of each unit (each filter, over all places) of a layer. */
function meanActivity({ network, inputShape }: FeatureTarget, split: Split, layer: number): Float64Array {
  const sums = inParts(split, 250).map(([, part]) => {
    const { images, labels } = toBatch(part, inputShape);
    const sum = readOut(() => {
      const activations = network.forward(images)[layer + 1]!;
      return tf.sum(activations.reshape([-1, activations.shape.at(-1)!]), 0);
    });
    tf.dispose([images, labels]);
    return sum;
  });
  return Float64Array.from(sums[0]!, (_, unit) => sums.reduce((total, sum) => total + sum[unit]!, 0));
}
