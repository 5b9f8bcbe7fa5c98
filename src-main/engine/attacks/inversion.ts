/** What the inversion attacks have in common: how a picture is drawn from what is sought, judged, and told. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../../contract/dataset';
import type { Metrics } from '../../contract/events';
import { integer } from '../../contract/params';
import type { Finding, PrivacyContext, PrivacyKnowledge, Target } from '../definitions';
import { Learner } from '../learner';
import { convolutional, dense, flatten } from '../network';
import { distanceIn } from '../norms';
import { sizeOf } from '../splits';
import { classesOf } from './answers';

/** Pictures told while they form. */
const SHOWN = 20;
/** Training of the judge, whatever the target’s was. */
const JUDGE_EPOCHS = 6;

export const showParam = integer({
  default: SHOWN,
  min: 1,
  max: 1000,
  unit: 'pictures',
  help: 'How often each picture is shown while it forms.',
  advanced: true,
});

/** Passes of training and asking the judge. */
export const judgeCost = (test: number): number => 3 * JUDGE_EPOCHS * test;

/** Tells how far the pictures, one a class, have come. Asking for the confidence costs no query of the attack. */
export function showForming(
  pictures: Float32Array,
  confidences: Float32Array,
  step: number,
  context: PrivacyContext,
): void {
  const size = pictures.length / confidences.length;
  confidences.forEach((confidence, label) =>
    context.show({ label, step, pixels: pictures.slice(label * size, (label + 1) * size), confidence }),
  );
}

/**
 * Judges the pictures, one a class, tells them a last time, and gives the numbers: the target’s confidence, which an attack
 * drives up by itself; what a classifier of another architecture reads, trained on test images, which neither target nor
 * attack have seen; and the distance to the nearest training image of the class.
 */
export async function judged(
  target: Target,
  knowledge: PrivacyKnowledge,
  pictures: Float32Array,
  step: number,
  context: PrivacyContext,
): Promise<Finding> {
  const { classes, inputShape } = target;
  const split: Split = { images: pictures, labels: Uint8Array.from({ length: classes }, (_, i) => i) };
  const size = pictures.length / classes;
  const layers = [convolutional(16, 5, 2), flatten(), dense(64), dense(classes, 'linear')];
  const judge = new Learner(inputShape, classes, layers, context.random('judge'));
  try {
    for (let epoch = 0; epoch < JUDGE_EPOCHS; epoch++) {
      await judge.epoch(knowledge.test, 0.001, context.random('judge', epoch), context.breathe);
    }
    const read = await classesOf(judge.target, split, context);
    const logs = await knowledge.logsOf(split);
    const nearest = Array.from(split.labels, (label) => nearestOf(pictures, label, size, knowledge.train));
    const confidences = Float32Array.from(split.labels, (label) => Math.exp(logs[label * classes + label]!));
    confidences.forEach((confidence, label) =>
      context.show({
        ...{ label, step, pixels: pictures.slice(label * size, (label + 1) * size), confidence },
        reading: read[label]!,
        ...(nearest[label] ? { nearest: nearest[label].image } : {}),
      }),
    );
    const distances = nearest.flatMap((one) => one?.distance ?? []);
    const metrics: Metrics = {
      reconstructionConfidence: mean([...confidences]),
      independentReading: [...read].filter((label, i) => label === i).length / classes,
      nearestDistance: distances.length ? mean(distances) : null,
    };
    return { metrics, curves: [] };
  } finally {
    judge.dispose();
  }
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The training image of a class that lies nearest in L2; null where there is none of it. */
function nearestOf(
  pictures: Float32Array,
  label: number,
  size: number,
  train: Split,
): { image: Float32Array; distance: number } | null {
  const picture = pictures.subarray(label * size, (label + 1) * size);
  let best: { image: Float32Array; distance: number } | null = null;
  for (let i = 0; i < sizeOf(train); i++) {
    if (train.labels[i] !== label) continue;
    const image = train.images.subarray(i * size, (i + 1) * size);
    const distance = distanceIn('l2', picture, image, 0, size);
    if (!best || distance < best.distance) best = { image: image.slice(), distance };
  }
  return best;
}

/** Gradient of Σ √(difference² + 1e-4) over neighbouring pixels: total variation, rounded where it has a corner. To be called within tf.tidy. */
export function variationGradient(images: tf.Tensor4D): tf.Tensor4D {
  const [n, height, width, channels] = images.shape;
  const pull = (from: number[], to: number[], length: number[], before: number[], after: number[]) => {
    const apart = tf.sub(
      tf.slice4d(images, to as Place, length as Place),
      tf.slice4d(images, from as Place, length as Place),
    );
    const slope = tf.div(apart, tf.sqrt(tf.add(tf.square(apart), 1e-4)));
    const padded = (places: number[]) =>
      tf.pad(
        slope,
        places.map((place, axis) => [place, images.shape[axis]! - length[axis]! - place]) as [
          number,
          number,
        ][],
      );
    return tf.sub(padded(after), padded(before));
  };
  const rows = pull([0, 0, 0, 0], [0, 1, 0, 0], [n, height - 1, width, channels], [0, 0, 0, 0], [0, 1, 0, 0]);
  const columns = pull(
    [0, 0, 0, 0],
    [0, 0, 1, 0],
    [n, height, width - 1, channels],
    [0, 0, 0, 0],
    [0, 0, 1, 0],
  );
  return tf.add(rows, columns);
}
type Place = [number, number, number, number];
