/** One input attacked alone, its way recorded: what a viewer steps through. */
import * as tf from '@tensorflow/tfjs';
import type { Split } from '../contract/dataset';
import type { RunEvent } from '../contract/events';
import type { Context } from './context';
import type { Target } from './definitions';
import { predict, RIGHT_AFTER, RIGHT_BEFORE } from './evaluate';
import { craft, type ReadyAttack } from './evasion';
import { softmaxCrossEntropy } from './kernels';
import { slice } from './splits';
import { WatchedTarget, whiteBox } from './target-views';
import { readOut } from './read-out';

/** Steps kept of a way, however long it was. */
const STEPS = 32;

type Steps = Omit<Extract<RunEvent, { type: 'attack-steps' }>, 'type' | 'arm' | 'attack'>;

/**
 * Attacks the first input that fell to the attack (else the first that was right) once more, alone, and records the
 * images it asked about. Null where no input was right, or where every question is another's to answer and may be
 * counted: models from outside without gradients.
 */
export async function recordSteps(
  attack: ReadyAttack,
  target: Target,
  test: Split,
  outcome: Uint8Array,
  context: Context,
): Promise<Steps | null> {
  if (!target.capabilities.includes('gradients')) return null;
  const fell = outcome.findIndex((value) => (value & RIGHT_BEFORE) !== 0 && (value & RIGHT_AFTER) === 0);
  const input = fell >= 0 ? fell : outcome.findIndex((value) => (value & RIGHT_BEFORE) !== 0);
  if (input < 0) return null;
  const one = slice(test, input, input + 1);
  const recording = new RecordingTarget(whiteBox(target));
  const found = await craft(attack, recording, one, context, true, () => {});
  const kept = [
    { asked: 0, image: one.images.slice() },
    ...recording.kept,
    { asked: recording.questions, image: found },
  ];
  const images = new Float32Array(kept.length * one.images.length);
  kept.forEach(({ image }, k) => images.set(image, k * one.images.length));
  const label = one.labels[0]!;
  const seen: Split = { images, labels: new Uint8Array(kept.length).fill(label) };
  const { labels, confidences } = await predict(target, seen);
  return {
    input,
    label,
    shape: target.inputShape,
    asked: Uint32Array.from(kept, ({ asked }) => asked),
    images,
    loss: await losses(target, seen),
    predicted: labels,
    confidence: confidences!,
  };
}

async function losses(target: Target, { images, labels }: Split): Promise<Float32Array> {
  const n = labels.length;
  const x = tf.tensor4d(images, [n, ...target.inputShape]);
  const scores = await target.scores(x);
  const loss = readOut(() => {
    const own = tf.tensor1d(Int32Array.from(labels), 'int32');
    return softmaxCrossEntropy(scores, own).loss;
  });
  tf.dispose([x, scores]);
  return loss;
}

/** Keeps the first image of every question, thinned out evenly as they grow many. */
class RecordingTarget extends WatchedTarget {
  questions = 0;
  /** At most STEPS of the images asked about, evenly spread. */
  kept: { asked: number; image: Float32Array }[] = [];
  private calls = 0;
  private stride = 1;

  protected asked(images: tf.Tensor4D): void {
    this.questions += images.shape[0];
    if (this.calls++ % this.stride !== 0) return;
    const image = readOut(() => tf.slice(images, 0, 1));
    this.kept.push({ asked: this.questions, image });
    if (this.kept.length <= STEPS) return;
    this.stride *= 2;
    this.kept = this.kept.filter((_, i) => i % 2 === 0);
  }
}
