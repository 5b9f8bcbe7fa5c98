/** The models of arms: imported, or rebuilt from the weights a training left. */
import type { ImageDataset } from '../contract/dataset';
import type { ArmPlan, AttackPlan, Metrics } from '../contract/events';
import type { Applied, AnyParams } from '../contract/params';
import { LabError } from '../contract/problem';
import { stream, type Random } from '../contract/random';
import { AnsweringTarget } from './answering';
import type { FeatureTarget, Target, WhiteBoxTarget } from './definitions';
import { GuardedTarget, guardOf, type Guard } from './detection';
import { Network, type LayerSpec } from './network';
import { attackById, defenseById, modelById } from './registry';
import { SmoothedTarget } from './smoothing';
import {
  LayersTarget,
  NetworkTarget,
  PreprocessedTarget,
  RemoteTarget,
  type ImportOptions,
} from './target-views';
import type { Inputs } from './task';

/** A model that has its weights, and what is to be released with it. */
export interface Model {
  target: Target;
  /** An imported model that ends in probabilities which could not be taken back to logits. */
  usesLogProbabilities?: boolean;
  /** The same target, where it is one that may stop answering. */
  remote?: RemoteTarget;
  /** The model without the transformation of its inputs that defends it, where there is one. */
  bare?: WhiteBoxTarget;
  /** The network itself, where it was trained here. */
  network?: FeatureTarget;
  /** The detector beside it, where the arm has one. */
  guard?: Guard;
  /** What was noticed of whoever asks, where the defence looks at that. */
  answering?: { report(): Metrics };
  /**
   * Where the target draws at random, or remembers who asked: begins anew, its draws from another stream. `attacked`: it is one
   * attacker who asks from now on, and not everybody.
   */
  restart?(random: Random, attacked: boolean): void;
  dispose(): void;
}

/** Whether the arm's model offers what the attack requires. In an experiment of several models some may not. */
export const canMeet = ({ model }: ArmPlan, { id }: AttackPlan): boolean =>
  attackById(id).requires.every((need) => modelById(model!.id).capabilities.includes(need));

/** Whether the arm's model is trained by the lab. */
export const isTrainedHere = ({ model }: Pick<ArmPlan, 'model'>): boolean =>
  modelById(model!.id).layers !== undefined;

/**
 * The arm's model as it came from outside. Only one can: it stands under the experiment's `model`.
 * @throws LabError for a model that cannot be rebuilt, or does not fit the data
 */
export async function importedModel({ model }: ArmPlan, inputs: Inputs, signal: AbortSignal): Promise<Model> {
  const dataset = inputs.dataset!;
  if (inputs.remoteModel) {
    const target = new RemoteTarget(inputs.remoteModel, signal);
    checkFits(target, dataset);
    return { target, remote: target, dispose: () => {} };
  }
  const target = await LayersTarget.create(inputs.importedModel!, model!.params as unknown as ImportOptions);
  checkFits(target, dataset);
  const { usesLogProbabilities } = target;
  return { target, usesLogProbabilities, dispose: () => target.dispose() };
}

/** Layers of a model that is trained here, from images to logits. */
export const layersOf = ({ model }: ArmPlan, { classes }: ImageDataset): LayerSpec[] =>
  modelById(model!.id).layers!(classes.length, model!.params as AnyParams);

/** A model trained here, from its recorded weights. */
export function restored(arm: ArmPlan, dataset: ImageDataset, weights: Record<string, Float32Array>): Model {
  const network = new Network(dataset.shape, layersOf(arm, dataset), stream(arm.seed, 'overwritten'));
  network.restore(weights);
  return defended(arm, dataset, new NetworkTarget(network, dataset.classes.length), () => network.dispose());
}

/** The model as it is met in evaluations: with what the arm has in front of it, beside it or around it. */
export function defended(
  arm: ArmPlan,
  dataset: ImageDataset,
  network: FeatureTarget,
  dispose: () => void,
): Model {
  const { defense, seed } = arm;
  const definition = defense && defenseById(defense.id);
  const params = defense?.params as AnyParams;
  if (definition?.stage === 'preprocessing') {
    const target = new PreprocessedTarget(
      network,
      (images, random) => definition.transform(images, params, random),
      definition.randomised,
      stream(seed, 'preprocessing'),
    );
    return { target, bare: network, network, restart: (random) => target.restart(random), dispose };
  }
  if (definition?.stage === 'answers') {
    const target = new AnsweringTarget(network, (attacked) =>
      definition.begin(params, dataset.classes.length, attacked),
    );
    return {
      target,
      network,
      answering: target,
      restart: (_, attacked) => target.restart(attacked),
      dispose,
    };
  }
  const guard = guardOf(arm, network, dataset);
  if (guard) {
    const release = () => {
      guard.detector.dispose();
      dispose();
    };
    return { target: new GuardedTarget(network, guard), network, guard, dispose: release };
  }
  const smoothing = definition?.stage === 'certified' && definition.smoothing?.(params);
  if (smoothing) {
    const votes = () => stream(seed, 'smoothing', 'votes');
    const target = new SmoothedTarget(network, smoothing, stream(seed, 'smoothing'), votes);
    return { target, network, restart: (random) => target.restart(random), dispose };
  }
  return { target: network, network, dispose };
}

/** Whether a defence makes answers that differ from one time to the next. */
export function answersAtRandom(defense: Applied | null): boolean {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage === 'preprocessing') return definition.randomised;
  return definition?.stage === 'certified' && definition.smoothing !== undefined;
}

function checkFits(target: Target, { shape, classes, name }: ImageDataset): void {
  if (target.inputShape.join() !== shape.join()) {
    throw new LabError(
      'model',
      `takes images of [${target.inputShape}], but ${name} has [${shape}]`,
      'Use data of the model’s input shape.',
    );
  }
  if (target.classes < 2) {
    throw new LabError(
      'model',
      `has ${target.classes} output: there is no other class an attack could reach`,
      'Use a classifier of at least two classes, one output each.',
    );
  }
  if (target.classes !== classes.length) {
    throw new LabError(
      'model',
      `has ${target.classes} outputs, but ${name} has ${classes.length} classes`,
      'Use the data the model was trained for.',
    );
  }
}
