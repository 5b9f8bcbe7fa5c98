/** Attacks on what a trained classifier gives away, and defences of its answers. */
import type { Split } from '../../contract/dataset';
import type { Metrics } from '../../contract/events';
import type { ParamsOf, ParamSpecs } from '../../contract/params';
import type { AttackBase, DefenseBase } from './common';
import type { EvasionContext } from './evasion';
import type { Target } from './targets';

/** One model trained as the target was, on other images. */
export interface Likeness {
  target: Target;
  dispose(): void;
}

/** Who has which images. */
export interface Shares {
  /** Images whose membership is asked about: some the target was trained on, and some it never saw. */
  members: Split;
  nonMembers: Split;
  /** Images of the same kind that the attacker has: neither trained on nor among those above. May be none. */
  own: Split;
  /** Images the target was trained on, in all. */
  trainedOn: number;
}

/** What stands around a target whose secrets are asked for: what the attacker has of its own, and what it is judged by. */
export interface PrivacyKnowledge extends Shares {
  classNames: string[];
  /** Trains another model as the target was trained, its defence included; for attacks that require `training`. */
  trainAlike(train: Split, ...purpose: (string | number)[]): Promise<Likeness>;
  /** For scoring alone, not for the attacker: test images with the target’s classes of them, which cost no query. */
  test: Split;
  answers: Uint8Array;
  /** Likewise: its classes of any images, and the logarithms of its probabilities, n × classes. */
  answersTo(images: Split): Promise<Uint8Array>;
  logsOf(images: Split): Promise<Float32Array>;
  /** Likewise: the images it was trained on. */
  train: Split;
}

export interface PrivacyContext extends EvasionContext {
  /** To be told now and then which share of the work is done, from 0 to 1. */
  progress(share: number): void;
  /** A picture that is forming, shown at once: the latest of each class stands for the ones before. */
  show(picture: Reconstruction): void;
  warn(code: string, message: string): void;
}

/** What was made of a class so far. */
export interface Reconstruction {
  label: number;
  step: number;
  pixels: Float32Array;
  /** Softmax probability the target gives the class. */
  confidence: number;
  /** Class that a classifier takes it for which had no part in its making; absent while it forms. */
  reading?: number;
}

/** What a privacy attack found out: numbers, and curves named in ATTACK_CURVES. */
export interface Finding {
  metrics: Metrics;
  curves: { series: string; x: ArrayLike<number>; y: ArrayLike<number> }[];
}

/** By what the work of a privacy attack is reckoned. */
export interface PrivacyBasis {
  /** Images asked about, members and non-members together, and test images. */
  candidates: number;
  test: number;
  trainedOn: number;
  classes: number;
  /** Passes that the training of one image takes in a training like the target’s, over all epochs. */
  training: number;
}

/** Learns of the trained model what it was not meant to tell: who was trained on, what they look like, the model itself. */
export interface PrivacyAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'privacy';
  /** Passes of one image, over the whole attack, for the estimate of the time. */
  cost(params: ParamsOf<P>, basis: PrivacyBasis): number;
  /** Throws LabError for what these images do not allow; asked before anything is trained. */
  check?(shares: Shares, params: ParamsOf<P>): void;
  infer(
    target: Target,
    knowledge: PrivacyKnowledge,
    params: ParamsOf<P>,
    context: PrivacyContext,
  ): Promise<Finding>;
}

export const definePrivacyAttack = <const P extends ParamSpecs>(
  d: Omit<PrivacyAttack<P>, 'kind' | 'surface'>,
): PrivacyAttack<P> => ({ kind: 'attack', surface: 'privacy', ...d });

/** One client's questions to a defended model, in their order. */
export interface Answering {
  /** What is answered in place of these logarithms of probabilities, n × classes, to n images. */
  answer(images: Float32Array, logs: Float32Array): Float32Array;
  /** What was noticed of the client so far. */
  report?(): Metrics;
}

/** Changes what a model answers, or whom it answers; the network itself is left as it is, and so are its gradients. */
export interface AnswerDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'answers';
  /** Begun anew for the clean evaluation, which stands for many users, and for every attack, which is one. */
  begin(params: ParamsOf<P>, classes: number, attacked: boolean): Answering;
}

export const defineAnswerDefense = <const P extends ParamSpecs>(
  d: Omit<AnswerDefense<P>, 'kind' | 'stage'>,
): AnswerDefense<P> => ({ kind: 'defense', stage: 'answers', ...d });
