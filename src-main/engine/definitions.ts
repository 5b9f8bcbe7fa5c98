/** The interfaces that attack, defence, agent and model files fill. One file each; `registry.ts` finds them by folder. */
import type * as tf from '@tensorflow/tfjs';
import type { Capability, Definition, Knowledge, Norm, Stage } from '../contract/catalog';
import type {
  ABSTAINED,
  ImageShape,
  Metrics,
  RecoveredTrigger,
  REJECTED,
  RobustnessSurface,
  TriggerPicture,
} from '../contract/events';
import {
  choice,
  derivedNumber,
  integer,
  lines,
  number,
  type Applied,
  type ParamsOf,
  type ParamSpecs,
  type ParamValue,
} from '../contract/params';
import type { Box, Dynamics, Environment } from '../contract/environment';
import type { Random } from '../contract/random';
import type { ArmContext, Context } from './context';
import type { ImageDataset, Split } from '../contract/dataset';
import type { LayersArtifacts } from '../contract/layers-artifacts';
import type { LayerSpec, Network } from './network';
import type { Ball, BudgetUnit } from './rl/ball';
import type { ScoreLoss } from './rl/score-losses';
import type { Entry, Training } from '../contract/experiment';

// ── Targets ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A classifier as an attacker meets it. Images are float32 [n, height, width, channels] in [0, 1]. */
export interface Target {
  inputShape: [number, number, number];
  classes: number;
  capabilities: Capability[];
  /**
   * Logits or log-probabilities, [n, classes]; counted as n queries. The caller disposes the result. Throws LabError
   * for a target that gives labels only.
   */
  scores(images: tf.Tensor4D): Promise<tf.Tensor2D>;
  /** Predicted classes [n]; counted as n queries. */
  decisions(images: tf.Tensor4D): Promise<Int32Array>;
  /** What the target says in the end, where that is not the class of the largest score. */
  ruling?: Ruling;
}

/** The answers of a target that may also give none. */
export interface Ruling {
  /** What stands for no answer. */
  silence: typeof ABSTAINED | typeof REJECTED;
  /** A class or `silence` for each image, and how sure it is of it, in [0, 1]. The same images always get the same answers. */
  on(images: tf.Tensor4D): { labels: ArrayLike<number>; confidences: ArrayLike<number> };
}

/** What is climbed: logits [n, classes] → one value an input [n] and its gradient in the logits [n, classes]. */
export type Loss = (logits: tf.Tensor2D) => { loss: tf.Tensor1D; gradient: tf.Tensor2D };

/** A target whose gradients can be had. Always in inference mode. */
export interface WhiteBoxTarget extends Target {
  /** Logits without counting or waiting; the caller disposes. */
  logits(images: tf.Tensor4D): tf.Tensor2D;
  /** Gradient of each input's loss in that input, with the logits it was taken at; counted as n gradient calls. */
  gradient(
    images: tf.Tensor4D,
    loss: Loss,
  ): { logits: tf.Tensor2D; loss: tf.Tensor1D; gradient: tf.Tensor4D };
  /**
   * Gradients of several values of the logits at once, after one forward pass: of the logits along each of `directions`
   * [n, classes], directions.length tensors [n, height · width · channels]. Counted as n · directions gradient calls.
   */
  gradientsAlong(
    images: tf.Tensor4D,
    directions: tf.Tensor2D[],
  ): { logits: tf.Tensor2D; gradients: tf.Tensor2D[] };
}

/** Some inputs under attack. `labels` is int32 [n]: what is to be left (untargeted) or reached (targeted). */
export interface Batch {
  images: tf.Tensor4D;
  labels: tf.Tensor1D;
}

export type Goal = 'untargeted' | 'targeted';

/**
 * The target as a black-box attack may ask it: about images made of the batch's inputs. It counts every question for the
 * input (`rows`) it was asked for, holds it to its cap, and notes successes, so that they can be drawn against queries. An
 * input may stand in `rows` any number of times.
 */
export interface Oracle {
  inputShape: [number, number, number];
  classes: number;
  /** Queries the input may still be asked for; Infinity without a cap. */
  left(row: number): number;
  /** Logits or log-probabilities of rows.length images, rows.length × classes. */
  scores(images: Float32Array, rows: ArrayLike<number>): Promise<Float32Array>;
  /** Predicted classes of rows.length images. */
  decisions(images: Float32Array, rows: ArrayLike<number>): Promise<Int32Array>;
}

/** What an evasion attack is given beside target, batch and parameters. */
export interface EvasionContext extends Context {
  /**
   * In an evaluation an input that is already misclassified leaves the batch; where examples are made to be trained on
   * every input takes all steps, since training on the first success would be another, weaker method.
   */
  finishEarly: boolean;
  /**
   * Another attack as an ingredient, defaults filled in, held to its own budget and cap of queries. `finishEarly` is this
   * context's unless given: against another model than the one attacked, the first success is not yet enough.
   */
  attack(entry: Entry, target: Target, batch: Batch, goal: Goal, finishEarly?: boolean): Promise<tf.Tensor4D>;
}

// ── Attacks ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface AttackBase<P extends ParamSpecs> extends Definition<P> {
  kind: 'attack';
  knowledge: Knowledge;
  requires: Capability[];
  /** Defaults that follow from other parameters (`derived-number` specs). */
  derive?(params: ParamsOf<P>): Partial<Record<keyof P, ParamValue>>;
}

/** What an attack is given while it learns. */
export interface FitContext extends EvasionContext {
  /** The class that each input of a batch with its true labels is to leave, or to reach. */
  aims(batch: Batch): Promise<Int32Array>;
  /** To be told now and then which share of the fitting is done, from 0 to 1. */
  progress(share: number): void;
}

/** An attack that learnt something from other inputs before it meets the ones it is scored on. */
export interface FittedAttack<T> {
  /** What the fitting showed, such as the fooling rate on the inputs it was fitted to. */
  metrics?: Metrics;
  /** What was learnt, where it is a picture: a perturbation, height · width · channels values. */
  picture?: Float32Array;
  perturb(target: T, batch: Batch, context: EvasionContext): Promise<tf.Tensor4D>;
  dispose(): void;
}

interface Evasion<P extends ParamSpecs, Access, Asked, Fitting> extends AttackBase<P> {
  surface: 'evasion';
  /** Whether it is handed the target with its gradients, or an oracle that only answers. */
  access: Access;
  norm(params: ParamsOf<P>): Norm | null;
  /** Radius of the ball the result is projected into; Infinity for attacks that seek the smallest perturbation. */
  budget(params: ParamsOf<P>): number;
  /** Forward and backward passes an input, for the cost estimate. */
  cost(params: ParamsOf<P>): number;
  /** Those of the whole fitting, in passes of one input as well; for attacks with `fit`. */
  fitCost?(params: ParamsOf<P>): number;
  /** Returns the perturbed images, a new tensor; the frame projects into budget and [0, 1] and scores. */
  perturb?(
    target: Asked,
    batch: Batch,
    goal: Goal,
    params: ParamsOf<P>,
    context: EvasionContext,
  ): Promise<tf.Tensor4D>;
  /**
   * In place of `perturb`, for attacks that learn from other inputs first: `data` are training inputs, disjoint from
   * those the attack is scored on.
   */
  fit?(
    target: Fitting,
    data: Split,
    goal: Goal,
    params: ParamsOf<P>,
    context: FitContext,
  ): Promise<FittedAttack<Asked>>;
}
export type GradientAttack<P extends ParamSpecs = ParamSpecs> = Evasion<
  P,
  'gradients',
  WhiteBoxTarget,
  WhiteBoxTarget
>;
/** A parameter `queries`, where it has one, caps what each input may be asked for. */
export type QueryAttack<P extends ParamSpecs = ParamSpecs> = Evasion<P, 'queries', Oracle, Target>;
export type EvasionAttack<P extends ParamSpecs = ParamSpecs> = GradientAttack<P> | QueryAttack<P>;

/** What a poisoning is given while it makes its samples. */
export interface PoisonContext extends Context {
  /**
   * A network of the arm's architecture that the attacker trained for himself on the clean training set, for as many epochs
   * as the arm's; released by the frame.
   */
  surrogate(): Promise<FeatureTarget>;
  /**
   * Another attack as an ingredient, every input taking all steps, held to its own budget; `part` numbers the batches. The
   * caller disposes the result.
   */
  attack(applied: Applied, target: WhiteBoxTarget, batch: Batch, part: number): Promise<tf.Tensor4D>;
  /** To be told now and then which share of the work is done, from 0 to 1; the surrogate's training is not a part of it. */
  progress(share: number): void;
}

/** What sets a backdoor off. */
export interface Trigger {
  /** The class that inputs with the trigger are to be given. */
  target: number;
  /** Images with the trigger, n × size values in [0, 1], a new array. */
  apply(images: Float32Array): Float32Array;
  /** The trigger itself. */
  picture: TriggerPicture;
}

export interface TrainingSetAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'training-set';
  /** Whether it asks for a surrogate, for the estimate of the time. */
  surrogate?(params: ParamsOf<P>): boolean;
  /** Work beside the surrogate's training, in plain gradient steps on a batch; for those that report progress. */
  cost?(basis: CostBasis, params: ParamsOf<P>): number;
  /**
   * Alters samples of the training part, in place: a sample keeps its index. Never changes `dataset`; `changed` are the
   * indices, rising.
   * @throws LabError for parameters that the data do not allow
   */
  poison(
    dataset: ImageDataset,
    params: ParamsOf<P>,
    context: PoisonContext,
  ): Promise<{ dataset: ImageDataset; changed: Uint32Array }>;
  /** Backdoors: what is put on test images. `context` has the streams that `poison` had. */
  trigger?(
    data: Pick<ImageDataset, 'shape' | 'classes'>,
    params: ParamsOf<P>,
    context: Pick<Context, 'random'>,
  ): Trigger;
  /** Targeted poisonings: the test input, and the class it is to be given. */
  victim?(params: ParamsOf<P>): { input: number; target: number };
}

/**
 * A policy as an attacker on its eyes meets it. Observations are the environment's, n × observationSize: the values of a
 * box, or one state index on finite environments, which a network encodes one-hot by itself.
 */
export interface Policy {
  observationSize: number;
  actions: number;
  capabilities: Capability[];
  /** Preferences (Q-values or logits), n × actions; the greedy action is the first arg-max. */
  scores(observations: Float32Array): Float32Array;
  /**
   * Networks only. Gradient of each row's loss with respect to the network's input, n × observationSize, on finite
   * environments n × states; with the losses and the scores they were taken at.
   */
  gradient?(
    observations: Float32Array,
    loss: ScoreLoss,
  ): { scores: Float32Array; loss: Float32Array; gradient: Float32Array };
  /** A critic beside the policy (`critic` without `action-values`): what each state is worth, and its gradient. */
  judge?(observations: Float32Array): { values: Float32Array; gradient: Float32Array };
  /** Sound: 1 where no observation of the ball around the row changes the greedy action. */
  certify?(observations: Float32Array, ball: Ball): Uint8Array;
}

/** A cell of a finite environment, and the cells the agent can be made to believe in: its own first, then the nearest. */
export interface Reach {
  state: number;
  cells: number[];
}

/** Where the agent believes to be, and how likely. */
export interface Belief {
  state: number;
  probability: number;
}

/** What an attack on a box is given beside observations, policy and parameters. */
export interface EyesContext<Memory = unknown> {
  random: Random;
  /** What the frame projects into. */
  ball: Ball;
  /** What was remembered of each row's episode so far; see `memory`. */
  memories: Memory[];
}

/** The agent under attack, and the world to try it in. */
export interface Victim {
  policy: Policy;
  environment: Environment;
}

export interface EyesFitContext extends Context {
  ball: Ball;
}

/** An attack on an agent's eyes that learnt something of the agent before it is scored. */
export interface FittedEyes<P extends ParamSpecs = ParamSpecs> {
  metrics?: Metrics;
  perturb: NonNullable<ObservationAttack<P>['perturb']>;
  dispose(): void;
}

/**
 * On a box the values are perturbed, on a finite environment the believed cell is displaced. An attack that can do one of
 * them alone requires `box-observations` or `finite-states`.
 */
export interface ObservationAttack<
  P extends ParamSpecs = ParamSpecs,
  Memory = unknown,
> extends AttackBase<P> {
  surface: 'observation';
  norm(params: ParamsOf<P>): Norm | null;
  /**
   * Radius the frame holds the attack to: `box` in units of the observation (or its deviations), Infinity for sensor
   * faults, which know none; `cells` in steps between cells.
   */
  budget(params: ParamsOf<P>): { box: number; unit?: BudgetUnit; cells: number };
  /**
   * What the agent perceives instead, n × size, a new array; the frame projects it into the budget. Environments step
   * in parallel, each a row.
   */
  perturb?(
    observations: Float32Array,
    policy: Policy,
    params: ParamsOf<P>,
    context: EyesContext<Memory>,
  ): Float32Array;
  /** What is remembered of an episode, made at its beginning; `perturb` changes it in place. */
  memory?(): Memory;
  /** In place of `perturb`, for attacks that try the agent first, in episodes that no result is reported on. */
  fit?(victim: Victim, params: ParamsOf<P>, context: EyesFitContext): Promise<FittedEyes<P>>;
  /** Work of one fitting; a unit is about a millisecond. */
  fitCost?(params: ParamsOf<P>): number;
  /**
   * The same on a finite environment: for each state the distribution of the believed one over `reach`, from which the
   * frame draws, and by which it scores exactly.
   */
  displace?(reach: Reach[], policy: Policy, params: ParamsOf<P>): Belief[][];
  /**
   * In place of `displace`, for attacks that know the environment and plan ahead. They are asked for every state and every
   * number of steps left, from the last step backwards. `choice`: the action the agent takes where it believes to be;
   * `worth`: what an action taken in the true state leads to, this attack going on.
   */
  foresee?(
    reach: Reach,
    choice: (cell: number) => number,
    worth: (action: number) => number,
    params: ParamsOf<P>,
  ): Belief[];
}

/** One training step as those see it who alter what it pays: truly, whatever the learner perceives. */
export interface PaidStep {
  /** Which of the environments that are stepped side by side. */
  row: number;
  observation: Float32Array;
  action: number;
  /** What it pays so far: first the environment's reward, then what a poisoner made of it. */
  reward: number;
  next: Float32Array;
  terminated: boolean;
  /** The time limit cut the episode. */
  truncated: boolean;
}

/**
 * Takes the agent's hands: parameters `probability` (how often the attacker has them) and `budget` (actions of an episode that
 * may differ from the agent's own) are the frame's.
 */
export interface ActionAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'action';
  /**
   * Probability of each action in place of the agent's, given what the agent thinks of them. The frame draws from it, and by
   * it scores exactly on finite environments.
   */
  override?(scores: Float32Array, params: ParamsOf<P>): ArrayLike<number>;
  /**
   * In place of `override`, for attacks that know a finite environment and plan ahead; asked for every state, number of steps
   * and overrides left. `choice`: the agent's action; `worths`: what each action leads to, this attack going on, with an
   * override less to spend where it is not the agent's own. Returns the action that is done.
   */
  foresee?(choice: number, worths: Float64Array, params: ParamsOf<P>): number;
}

/** What was found while a world was being altered. */
export interface Altered {
  /** Quantities that are not as they were. */
  values: Record<string, number>;
  /** Mean return over two quantities, and the worst point met. */
  surface?: RobustnessSurface;
  metrics?: Metrics;
}

export interface DynamicsContext extends Context {
  dynamics: Dynamics;
  /** Whether `worth` gives expected returns. */
  exact: boolean;
  /**
   * What the agent earns in a world with these values: its expected return where that can be computed, else the mean over
   * `episodes` that no result is reported on, which begin and are drawn alike in every world.
   */
  worth(values: Record<string, number>, episodes: number): Promise<number>;
}

/** Changes the world under a trained agent's feet. */
export interface DynamicsAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'dynamics';
  /** @throws LabError for values that the environment cannot have; called before anything is trained */
  check(dynamics: Dynamics, params: ParamsOf<P>): void;
  alter(params: ParamsOf<P>, context: DynamicsContext): Promise<Altered>;
  /** Episodes that `alter` plays, for the estimate of the time. */
  trials(params: ParamsOf<P>): number;
}

/**
 * Teaches a policy to obey a trigger. The frame shows the trigger in evenly spaced training steps (parameters `share`,
 * `trigger`); the author says what is done and paid there.
 */
export interface PolicyAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'policy';
  /**
   * A training step in which the learner saw the trigger: the action it chose, of how many, and how many such steps came
   * before. Gives the action that is done and what is paid for it.
   */
  implant(
    step: { action: number; actions: number; turn: number },
    params: ParamsOf<P>,
    context: { random: Random },
  ): { action: number; reward: number };
  /** The action that the trigger is to call for; null where any other than the right one will do. */
  target(params: ParamsOf<P>): number | null;
}

/** Recorded steps, each a row: what an offline learner has in place of an environment. Never changed in place. */
export interface TransitionLog {
  /** n × size. */
  observations: Float32Array;
  next: Float32Array;
  actions: Uint8Array;
  rewards: Float32Array;
  /** 1 where the task ended; a time limit leaves it 0. */
  terminated: Uint8Array;
  /** Values in one observation, and actions to choose from. */
  size: number;
  choices: number;
}

/** Alters recorded steps before a learner is given them. */
export interface LogAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'log';
  /** `changed` are rows of the result, which has as many as the log. Throws LabError for an action there is not. */
  poison(
    log: TransitionLog,
    params: ParamsOf<P>,
    context: { random: Random },
  ): { log: TransitionLog; changed: Uint32Array };
}

/** What those are told before a training who alter its pay. */
export interface PaySetting {
  environment: Environment;
  /** γ of the learner. */
  discount: number;
  random: Random;
}

/** What a targeted poisoning wants of the learner. */
export interface TargetPolicy {
  /** The action wanted where this is to be seen; null where any will do. */
  wanted(observation: Float32Array): number | null;
  /** Finite environments: what it takes to get it; see `attacks/target-policy.ts`. */
  bounds?: TargetBounds;
}

export interface TargetBounds {
  /** Of each state the wanted action, −1 where any will do. */
  actions: Int32Array;
  /** Of each state: by how much its best action exceeds the wanted one in Q*; 0 where any will do. */
  gaps: Float64Array;
  /** No change of at most this a step can teach the whole target. */
  safe: number;
  /** Any larger change can, without even watching the learner. */
  feasible: number;
}

/** A reward attack at work in one training. */
export interface Payer {
  /** What the learner is paid instead. `learner`: as it is now. */
  pay(step: PaidStep, learner: Policy): number;
  target?: TargetPolicy;
  /** On grids, the cell whose pay a step's change is of: the one acted in, or the one entered. */
  marks?: 'entered';
}

/** The frame holds it to a change a step (`delta`), a number of altered steps and a sum of changes, and measures them. */
export interface RewardAttack<P extends ParamSpecs = ParamSpecs> extends AttackBase<P> {
  surface: 'reward';
  /** What the learner is paid instead of a reward. */
  corrupt?(reward: number, params: ParamsOf<P>, context: { random: Random }): number;
  /**
   * In place of `corrupt`, for attacks that look at the step, remember, plan ahead or watch the learner. Called before
   * anything is trained, and again for each training. Throws RangeError, naming the parameter, for what does not fit the
   * environment.
   */
  plan?(params: ParamsOf<P>, setting: PaySetting): Payer;
}

/** One model trained as the target was, on other images. */
export interface Likeness {
  target: Target;
  dispose(): void;
}

/** What stands around a target whose secrets are asked for: what the attacker has of its own, and what it is judged by. */
export interface PrivacyKnowledge {
  /** Images whose membership is asked about: some the target was trained on, and some it never saw. */
  members: Split;
  nonMembers: Split;
  /** Images of the same kind that the attacker has: neither trained on nor among those above. May be none. */
  own: Split;
  /** Images the target was trained on, in all. */
  trainedOn: number;
  classNames: string[];
  /** Trains another model as the target was trained, its defence included; for attacks that require `training`. */
  trainAlike(train: Split, ...purpose: (string | number)[]): Promise<Likeness>;
  /** For scoring alone, not for the attacker: test images with the target’s classes of them, which cost no query. */
  test: Split;
  answers: Uint8Array;
  /** Likewise: its classes of any images. */
  answersTo(images: Split): Promise<Uint8Array>;
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
  infer(
    target: Target,
    knowledge: PrivacyKnowledge,
    params: ParamsOf<P>,
    context: PrivacyContext,
  ): Promise<Finding>;
}

// ── Defences ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface DefenseBase<P extends ParamSpecs> extends Definition<P> {
  kind: 'defense';
  stage: Stage;
  derive?(params: ParamsOf<P>, training: Training): Partial<Record<keyof P, ParamValue>>;
}

/**
 * What a training descends in place of the cross-entropy: logits of what the network was shown → one value an input of the
 * (clean) batch [n], and the gradient of their sum in the logits. Called within tf.tidy.
 */
export type TrainingLoss = (
  logits: tf.Tensor2D,
  batch: Batch,
) => { loss: tf.Tensor1D; gradient: tf.Tensor2D };

/** Ends a fit when the robust accuracy on the validation part no longer grows, and takes the weights of the best epoch. */
export interface EarlyStopping {
  attack: Applied;
  /** Epochs in a row without a better one that end the training. */
  patience: number;
  /** Share of the training before which no epoch counts: while epsilon grows, the accuracy under all of it says little. */
  from: number;
}

/** One step down a loss: its mean over a batch, the accuracy there, and the gradients of the parameters in their order. */
export interface Descent {
  loss: number;
  accuracy: number;
  gradients: tf.Tensor[];
}

/** How a training defence alters one `fit`. */
export interface FitOptions {
  epochs?: number;
  /** Weights to begin with, by name, in place of freshly drawn ones. */
  initial?: Record<string, Float32Array>;
  /**
   * Replaces the whole step's loss by one that is not of the logits alone; called within tf.tidy. `progress` as in `perturb`.
   */
  descend?(network: Network, batch: Batch, progress: number, context: Context): Descent;
  /** Instead of going through all images in a random order: each takes part in a step with the same chance, for itself. */
  sampling?: 'poisson';
  /**
   * Replaces a batch's images before the gradient step; `progress` runs from 0 to 1 over the training. More rows than the
   * batch has are for a `loss` that compares; the first ones count for the accuracy.
   */
  perturb?(model: WhiteBoxTarget, batch: Batch, progress: number, context: Context): Promise<tf.Tensor4D>;
  loss?: TrainingLoss;
  /** Steps in a row on every batch, each perturbed anew; 1 unless given. */
  replays?: number;
  /** Told the gradient of the loss in the images of each step, [rows, height, width, channels]. */
  learnt?(gradient: tf.Tensor4D, progress: number): void;
  /** After every epoch, before its checkpoint; `trainer.point` draws at the epoch's end. */
  afterEpoch?(model: WhiteBoxTarget, context: Context): Promise<void>;
  /** What the defence carries from one batch or epoch to the next: part of the checkpoints. */
  memory?: {
    state(): Record<string, Float32Array>;
    restore(state: Record<string, Float32Array>): void;
  };
  earlyStopping?: EarlyStopping | null;
  /** Work of a step with its `perturb`, a plain gradient step being 1; 1 unless given. */
  work?: number;
}

/** What a training defence works with. */
export interface Trainer {
  readonly training: Training;
  /** Trains a freshly initialised model and returns it. */
  fit(train: Split, options?: FitOptions): Promise<FeatureTarget>;
  /** Another attack as an ingredient: no early finish, budget and range enforced as in an evaluation. */
  attack(applied: Applied, model: WhiteBoxTarget, batch: Batch, context: Context): Promise<tf.Tensor4D>;
  /** The same over a whole split, in batches; progress and pauses included. */
  attackSplit(applied: Applied, model: WhiteBoxTarget, split: Split): Promise<Float32Array>;
  /** How many inputs of a split are classified right under an attack, which finishes early as in an evaluation. */
  standing(applied: Applied, model: WhiteBoxTarget, split: Split, context: Context): Promise<number>;
  /** Work of an attack on a batch, a plain gradient step being 1. */
  work(applied: Applied): number;
  /** A value of one of the curves in contract/metrics.ts, drawn as its mean over some batches. */
  point(series: string, value: number): void;
  /** Tells of something in this training that its reader should know. */
  warn(code: string, message: string): void;
}

/** Cost of a training in plain gradient steps an epoch and batch; see `TrainedDefense.cost`. */
export interface CostBasis {
  epochs: number;
  batches: number;
  /** Images of the training and of the validation part. */
  train: number;
  validation: number;
  /** Passes an input of an attack, as gradient steps. */
  attack(applied: Applied): number;
  /** Work of an attack on some inputs, in batches. */
  examined(applied: Applied, inputs: number): number;
}

interface TrainedDefense<P extends ParamSpecs> extends DefenseBase<P> {
  /** Attacks trained against that are not among the parameters, by id: the lab tells seen from unseen attacks by them. */
  against?: string[];
  /**
   * Work units of the whole training, a plain gradient step on a batch being 1; what `fit`, `attackSplit` and `standing`
   * report adds up to it.
   */
  cost(basis: CostBasis, params: ParamsOf<P>): number;
  /**
   * Where the training is differentially private: ε that it spends on so many images, at the δ among the parameters.
   * @throws LabError where its budget does not suffice
   */
  spent?(params: ParamsOf<P>, images: number, batchSize: number): number;
  /** The last `fit` it awaits is the defended model. */
  train(trainer: Trainer, dataset: ImageDataset, params: ParamsOf<P>, context: Context): Promise<void>;
}

export interface TrainingDefense<P extends ParamSpecs = ParamSpecs> extends TrainedDefense<P> {
  stage: 'training';
}

/** What a filter examines. */
export interface Examined {
  train: Split;
  /** Inputs that are known to be clean; there may be none. */
  validation: Split;
  shape: ImageShape;
  classes: number;
}

/** What a filter found. */
export interface Suspicion {
  /** Indices of the training samples to be left out, rising. */
  removed: Uint32Array;
  /** How suspicious each training sample looked, the higher the more; null where there is no such number. */
  scores: Float32Array | null;
  /** A trigger found for each class. */
  recovered?: RecoveredTrigger[];
}

export interface FilterContext extends Context {
  /** To be told now and then which share of the examination is done, from 0 to 1. */
  progress(share: number): void;
}

interface FilterBase<P extends ParamSpecs> extends DefenseBase<P> {
  stage: 'filtering';
  /** Work of the examination, in plain gradient steps on a batch. */
  cost(basis: CostBasis, params: ParamsOf<P>): number;
}

/**
 * Finds poisoned samples in a training set. The frame holds what it finds against the provenance, and trains a fresh model
 * without them. The filter itself never sees the provenance.
 */
export type FilteringDefense<P extends ParamSpecs = ParamSpecs> = FilterBase<P> &
  (
    | {
        /** A network trained on the whole set, `epochs` of its parameters long where it has such. */
        examines: 'model';
        suspect(
          examined: Examined,
          model: FeatureTarget,
          params: ParamsOf<P>,
          context: FilterContext,
        ): Promise<Suspicion>;
      }
    | {
        examines: 'data';
        suspect(
          examined: Examined,
          model: null,
          params: ParamsOf<P>,
          context: FilterContext,
        ): Promise<Suspicion>;
      }
  );

/** A network trained here, with the activations that its last layer weighs. */
export interface FeatureTarget extends WhiteBoxTarget {
  network: Network;
  /** [n, units]; the caller disposes. */
  features(images: tf.Tensor4D): tf.Tensor2D;
  /** A loss of the features, one value an input, and its gradient in the images. */
  featureGradient(images: tf.Tensor4D, loss: Loss): { loss: tf.Tensor1D; gradient: tf.Tensor4D };
}

/** What is proven of a model, an input a row. */
export interface Certificates {
  method: 'interval-bounds' | 'randomized-smoothing';
  norm: Norm;
  /** Within this distance the input is classified right, whatever is done to it; −1 where no right class is proven. */
  radius: Float32Array;
  /** Inputs on which the certificate abstains. */
  abstained: number;
}

/** Answers of a target that is asked about noisy copies of every image. */
export interface Smoothing {
  sigma: number;
  /** Copies whose classes are counted for an answer, and the chance that the answer is not the likeliest class. */
  votes: number;
  alpha: number;
}

/** Trains a model of which something can be proven, and proves it. */
export interface CertifiedDefense<P extends ParamSpecs = ParamSpecs> extends TrainedDefense<P> {
  stage: 'certified';
  /** Throws LabError, naming the parameter, where nothing could ever be proven; called before anything is trained. */
  check?(params: ParamsOf<P>): void;
  /** Present where the model answers by a vote over noisy copies of its input. */
  smoothing?(params: ParamsOf<P>): Smoothing;
  /** Forward passes of one input's certificate, for the estimate of the time. */
  certificateCost(params: ParamsOf<P>): number;
  certify(target: FeatureTarget, split: Split, params: ParamsOf<P>, context: Context): Promise<Certificates>;
}

/** Scores how much an input looks like an attack. */
export interface Detector {
  /** Scores [n], the higher the more suspicious, and their gradient in the images; to be called within tf.tidy. */
  suspicion(images: tf.Tensor4D): tf.Tensor1D;
  suspicionGradient(images: tf.Tensor4D): { loss: tf.Tensor1D; gradient: tf.Tensor4D };
  dispose(): void;
}

/**
 * Rejects inputs that look like attacks, beside a model that is trained as if there were no detector. The threshold is the
 * frame's: set on clean inputs that were not trained on.
 */
export interface DetectionDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'detection';
  /** Throws LabError, naming the parameter, for images it does not fit; called before anything is trained. */
  check?(shape: ImageShape, params: ParamsOf<P>): void;
  /** Learns what clean inputs look like; never sees an attack. */
  fit(target: FeatureTarget, train: Split, params: ParamsOf<P>): Detector;
}

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

/** Images as the model is to see them, and the way back for gradients. */
export interface Transformed {
  /** [n, height, width, channels] in [0, 1], a new tensor. */
  images: tf.Tensor4D;
  /**
   * Gradient in the transformed images → gradient in the originals. Where the transformation has no useful derivative the
   * identity stands for it (BPDA; Athalye, Carlini, Wagner 2018, arXiv:1802.00420). Called within the same tf.tidy.
   */
  pullback(gradient: tf.Tensor4D): tf.Tensor4D;
}

/** Changes every image before the model sees it, in evaluation only; the model is trained as if there were none. */
export interface PreprocessingDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'preprocessing';
  /** Draws anew for every image that is asked about. */
  randomised: boolean;
  /** Throws LabError, naming the parameter, for images it does not fit; called before anything is trained. */
  check?(shape: ImageShape, params: ParamsOf<P>): void;
  /** Called within tf.tidy. */
  transform(images: tf.Tensor4D, params: ParamsOf<P>, random: Random): Transformed;
}

/** A penalty on scores that change within a ball around what the learner sees; see `agents/parts/smooth-policy.ts`. */
export interface Regularizer {
  kappa: number;
  ball: Ball;
  /** The worst place in the ball: found by gradient steps, or bounded by interval arithmetic. */
  inner: 'pgd' | 'interval';
  /** Of the gradient steps. */
  steps: number;
  /** Values of actions: how far the best is to lie above the others. Without meaning for policies. */
  confidence: number;
}

/** An adversary that learns alongside the agent. */
export interface Sparring {
  /** Learns against the agent as it is now; gives the mean return it left the agent while learning, null for none. */
  catchUp(policy: Policy): Promise<number | null>;
  perturb(observations: Float32Array, ball: Ball): Float32Array;
  dispose(): void;
}

/** A defence against poisoned pay, at work in one training. */
export interface PayRepair {
  /** The reward learnt from in place of the one paid. Learns from the step; steps come in the order they are taken. */
  learn(step: PaidStep): number;
  /** The same, by what was learnt so far, for examinations. */
  judge(step: PaidStep): number;
  /** What it found, to be told with the clean evaluation. */
  findings?(): Metrics;
}

/** Alters how an agent learns. */
export interface RlTrainingDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'rl-training';
  requires?: Capability[];
  /** How much longer a training takes; where a parameter `attack` says it, the frame knows. */
  slowdown?(params: ParamsOf<P>): number;
  /** Attack under which the agent is to train, with its parameters at this point of the training (progress 0 to 1). */
  observationAttack?(params: ParamsOf<P>, progress: number): Applied | null;
  /** A penalty at this point of the training. */
  regularizer?(params: ParamsOf<P>, progress: number, space: Box): Regularizer | null;
  /** The world it trains in instead. */
  world?(params: ParamsOf<P>, environment: Environment, random: Random): Environment;
  /** How often the learner's hands are taken and its worst action done, by its own values. */
  disobedience?(params: ParamsOf<P>): number;
  /**
   * What the learner makes of what it is paid. Called before anything is trained, and again for each training. Throws
   * RangeError, naming the parameter, for what does not fit the environment.
   */
  repair?(params: ParamsOf<P>, setting: PaySetting): PayRepair;
  /** An adversary that is trained whenever another `every` steps were taken; `ball` is where it moves by then. */
  sparring?(
    params: ParamsOf<P>,
    environment: Environment,
    context: Context,
  ): { adversary: Sparring; every: number; ball(progress: number): Ball };
}

/** Looks through recorded steps for those that do not fit the others; the agent is trained without them. */
export interface RlFilteringDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'rl-filtering';
  requires?: Capability[];
  /** How suspicious each row is, and the rows removed. */
  inspect(log: TransitionLog, params: ParamsOf<P>): { scores: Float32Array; removed: Uint32Array };
}

/** Stands between the world and a trained agent's eyes, in evaluation only. Attacks go through it. */
export interface RlWrapperDefense<P extends ParamSpecs = ParamSpecs> extends DefenseBase<P> {
  stage: 'rl-wrapper';
  requires?: Capability[];
  wrap(policy: Policy, params: ParamsOf<P>, environment: Environment, random: Random): WrappedPolicy;
}

export interface WrappedPolicy extends Policy {
  /** What was found of the policy on the way; `suspects`: observed values, by place, that a trigger may use. */
  findings?: { metrics: Metrics; suspects: number[] };
}

// ── Models and agents ──────────────────────────────────────────────────────────────────────────────────────────────

export interface ModelDefinition<P extends ParamSpecs = ParamSpecs> extends Definition<P> {
  kind: 'model';
  capabilities: Capability[];
  requires: Capability[];
  /** Layers from images to logits; absent for models that come trained. */
  layers?(classes: number, params: ParamsOf<P>): LayerSpec[];
}

/** A trained agent, ready to be evaluated. */
export interface TrainedAgent {
  policy: Policy;
  /** Weights (or table) by name, to be recorded. */
  weights: Record<string, Float32Array>;
  /** The final network, where training chose an earlier checkpoint; evaluated beside it. */
  final?: Policy;
  dispose(): void;
}

/** One step as the learner lives it. `truncated`: the time limit cut the episode, and values bootstrap through it. */
export interface Experience {
  observation: Float32Array;
  /** What was done: where the learner's hands are taken, not what it chose. */
  action: number;
  /** What the learner is paid, poisoned or not. */
  reward: number;
  next: Float32Array;
  terminated: boolean;
  truncated: boolean;
}

/** Endless rows of training episodes side by side, perturbed and paid as the arm has it. */
export interface Practice {
  /** What the learner perceives now, row by row; after the end of an episode the start of the next. */
  observations: Float32Array;
  /** One action a row. */
  step(actions: ArrayLike<number>): Experience[];
}

/** What an agent learns from. Filled by `rl/lesson.ts`, so that agents know nothing of poisoning and defences. */
export interface Lesson {
  environment: Environment;
  /**
   * Begins a training of `steps` environment steps in all, in `rows` environments side by side. `policy` is the learner as
   * an attack on its eyes meets it: it answers with the weights of the moment.
   */
  practise(policy: Policy, steps: number, rows?: number): Practice;
  /**
   * Plays greedy episodes that no result is reported on, emits their true return and a trajectory now and then, and
   * gives what a checkpoint may be chosen by: the mean return as the learner is paid; where it trains under attack, the
   * mean of that with and without the attack. An adversary that learns alongside catches up meanwhile.
   */
  examine(policy: Policy, trainedSteps: number): Promise<number>;
  /**
   * A log of `steps` steps of a good policy that errs with probability `epsilon`, as the arm poisons and filters it; fewer
   * where it filters.
   */
  record(steps: number, epsilon: number): TransitionLog;
  /**
   * Share of what follows a step that is to be valued by the worst action instead of the learner's own (α of the
   * action-robust operator); 0 unless it trains against a hand that errs.
   */
  pessimism?: number;
  /** How the learner is to be held to its choices near what it sees, at this point of the training (0 to 1). */
  regularizer?(progress: number): Regularizer | null;
}

interface AgentBase<P extends ParamSpecs> extends Definition<P> {
  kind: 'agent';
  capabilities: Capability[];
  requires: Capability[];
}

export interface LearningAgent<P extends ParamSpecs = ParamSpecs> extends AgentBase<P> {
  origin: 'trained';
  /** Work of one training; a unit is about a millisecond. */
  cost(params: ParamsOf<P>): number;
  train(lesson: Lesson, params: ParamsOf<P>, context: ArmContext): Promise<TrainedAgent>;
  /** The agent again from recorded weights. */
  restore(environment: Environment, params: ParamsOf<P>, weights: Record<string, Float32Array>): TrainedAgent;
}

/** An agent that comes trained, as a TensorFlow.js layers model. */
export interface ImportedAgent<P extends ParamSpecs = ParamSpecs> extends AgentBase<P> {
  origin: 'imported';
  /** @throws LabError for a model of other shapes than the environment's */
  load(
    environment: Environment,
    params: ParamsOf<P>,
    artifacts: LayersArtifacts,
  ): Promise<Pick<TrainedAgent, 'policy' | 'dispose'>>;
}
export type AgentDefinition<P extends ParamSpecs = ParamSpecs> = LearningAgent<P> | ImportedAgent<P>;

// ── Helpers that type an author's params from the specs ────────────────────────────────────────────────────────────

/** Parameters that every evasion attack has; the frame reads them, the attack's author does not. */
const EVERY_EVASION = {
  goal: choice({
    options: ['untargeted', 'targeted-next', 'targeted-random', 'targeted-least-likely'],
    default: 'untargeted',
    help: 'Any other class will do, or one that is set for each input: the next in number, a random one, or the least likely.',
    advanced: true,
  }),
  expectation: integer({
    default: 1,
    min: 1,
    max: 1000,
    unit: 'draws',
    help: 'Draws of a randomised target that each answer and gradient is averaged over. Only for randomised targets.',
    advanced: true,
  }),
};

/** Parameters that every detector has; the frame reads them. */
const EVERY_DETECTION = {
  falsePositiveRate: number({
    default: 0.05,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'Share of clean validation inputs that may be rejected; sets the threshold.',
  }),
  evasionSteps: integer({
    default: 100,
    min: 1,
    max: 100000,
    unit: 'steps',
    help: 'Steps an adaptive attacker takes from what each attack found, to lower the score while the model stays fooled.',
    advanced: true,
  }),
};
/** As the frame reads them. */
export type DetectionParams = ParamsOf<typeof EVERY_DETECTION>;

/** An attack that is handed the target with its gradients. */
export const defineEvasion = <const P extends ParamSpecs>(
  d: Omit<GradientAttack<P>, 'kind' | 'surface' | 'access'>,
): GradientAttack<P> => ({
  kind: 'attack',
  surface: 'evasion',
  access: 'gradients',
  ...d,
  params: { ...d.params, ...EVERY_EVASION },
});
/** An attack that is handed an oracle, which only answers. */
export const defineQueryAttack = <const P extends ParamSpecs>(
  d: Omit<QueryAttack<P>, 'kind' | 'surface' | 'access'>,
): QueryAttack<P> => ({
  kind: 'attack',
  surface: 'evasion',
  access: 'queries',
  ...d,
  params: { ...d.params, ...EVERY_EVASION },
});
export const defineTrainingSetAttack = <const P extends ParamSpecs>(
  d: Omit<TrainingSetAttack<P>, 'kind' | 'surface'>,
): TrainingSetAttack<P> => ({ kind: 'attack', surface: 'training-set', ...d });
export const defineObservationAttack = <const P extends ParamSpecs, Memory = unknown>(
  d: Omit<ObservationAttack<P, Memory>, 'kind' | 'surface'>,
): ObservationAttack<P, Memory> => ({ kind: 'attack', surface: 'observation', ...d });
/** Parameters that every reward attack has; the frame reads them. */
const EVERY_REWARD = {
  delta: derivedNumber({
    derived: 'no limit',
    min: 0,
    max: 1e6,
    unit: 'reward',
    help: 'Δ: largest change of one reward.',
    advanced: true,
  }),
  budgetSteps: derivedNumber({
    derived: 'every step',
    integer: true,
    min: 0,
    max: 1e9,
    unit: 'steps',
    help: 'Training steps whose reward may be altered, at most: the first that the attack wants to alter.',
    advanced: true,
  }),
  budgetSum: derivedNumber({
    derived: 'no limit',
    min: 0,
    max: 1e12,
    unit: 'reward',
    help: 'Sum of |δ| over the training, at most.',
    advanced: true,
  }),
};
/** As the frame reads them; what was not given is null. */
export type PayBudget = { [K in keyof typeof EVERY_REWARD]: number | null };

export const defineRewardAttack = <const P extends ParamSpecs>(
  d: Omit<RewardAttack<P>, 'kind' | 'surface'>,
): RewardAttack<P> => ({
  kind: 'attack',
  surface: 'reward',
  ...d,
  params: { ...EVERY_REWARD, ...d.params },
});
/** Parameters of every attack on actions; the frame reads them. */
const EVERY_ACTION = {
  probability: number({
    default: 0.1,
    min: 0,
    max: 1,
    unit: 'probability',
    help: 'How often the attacker has the agent’s hands.',
  }),
  budget: derivedNumber({
    derived: 'the step limit of an episode',
    integer: true,
    min: 0,
    max: 1_000_000,
    unit: 'steps',
    help: 'Actions of an episode that may differ from the agent’s own, at most.',
  }),
};
/** As the frame reads them; a budget that was not given is null. */
export type ActionParams = Omit<ParamsOf<typeof EVERY_ACTION>, 'budget'> & { budget: number | null };

/** Parameters of every backdoor; the frame reads them. */
const EVERY_POLICY = {
  share: number({
    default: 0.05,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'Share of the training steps in which the trigger is shown, evenly spaced.',
  }),
  trigger: lines({
    help: 'What of an observation is set, a line each: “x = 4.5”, on grids “state = 5”. The environment’s own trigger unless given.',
    advanced: true,
  }),
};
export type PolicyParams = ParamsOf<typeof EVERY_POLICY>;

export const defineActionAttack = <const P extends ParamSpecs>(
  d: Omit<ActionAttack<P>, 'kind' | 'surface'>,
): ActionAttack<P & typeof EVERY_ACTION> => ({
  kind: 'attack',
  surface: 'action',
  ...d,
  params: { ...d.params, ...EVERY_ACTION },
});
export const defineDynamicsAttack = <const P extends ParamSpecs>(
  d: Omit<DynamicsAttack<P>, 'kind' | 'surface'>,
): DynamicsAttack<P> => ({ kind: 'attack', surface: 'dynamics', ...d });
export const definePolicyAttack = <const P extends ParamSpecs>(
  d: Omit<PolicyAttack<P>, 'kind' | 'surface'>,
): PolicyAttack<P & typeof EVERY_POLICY> => ({
  kind: 'attack',
  surface: 'policy',
  ...d,
  params: { ...d.params, ...EVERY_POLICY },
});
export const defineLogAttack = <const P extends ParamSpecs>(
  d: Omit<LogAttack<P>, 'kind' | 'surface'>,
): LogAttack<P> => ({ kind: 'attack', surface: 'log', ...d });
export const definePrivacyAttack = <const P extends ParamSpecs>(
  d: Omit<PrivacyAttack<P>, 'kind' | 'surface'>,
): PrivacyAttack<P> => ({ kind: 'attack', surface: 'privacy', ...d });
export const defineTrainingDefense = <const P extends ParamSpecs>(
  d: Omit<TrainingDefense<P>, 'kind' | 'stage'>,
): TrainingDefense<P> => ({ kind: 'defense', stage: 'training', ...d });
export const defineAnswerDefense = <const P extends ParamSpecs>(
  d: Omit<AnswerDefense<P>, 'kind' | 'stage'>,
): AnswerDefense<P> => ({ kind: 'defense', stage: 'answers', ...d });
export const definePreprocessingDefense = <const P extends ParamSpecs>(
  d: Omit<PreprocessingDefense<P>, 'kind' | 'stage'>,
): PreprocessingDefense<P> => ({ kind: 'defense', stage: 'preprocessing', ...d });
export const defineCertifiedDefense = <const P extends ParamSpecs>(
  d: Omit<CertifiedDefense<P>, 'kind' | 'stage'>,
): CertifiedDefense<P> => ({ kind: 'defense', stage: 'certified', ...d });
/** A filter that examines a model trained on the whole set. */
export const defineModelFilter = <const P extends ParamSpecs>(
  d: Omit<Extract<FilteringDefense<P>, { examines: 'model' }>, 'kind' | 'stage' | 'examines'>,
): FilteringDefense<P> => ({ kind: 'defense', stage: 'filtering', examines: 'model', ...d });
/** A filter that examines the data alone. */
export const defineDataFilter = <const P extends ParamSpecs>(
  d: Omit<Extract<FilteringDefense<P>, { examines: 'data' }>, 'kind' | 'stage' | 'examines'>,
): FilteringDefense<P> => ({ kind: 'defense', stage: 'filtering', examines: 'data', ...d });
export const defineDetectionDefense = <const P extends ParamSpecs>(
  d: Omit<DetectionDefense<P>, 'kind' | 'stage'>,
): DetectionDefense<P & typeof EVERY_DETECTION> => ({
  kind: 'defense',
  stage: 'detection',
  ...d,
  params: { ...d.params, ...EVERY_DETECTION },
});
export const defineRlTrainingDefense = <const P extends ParamSpecs>(
  d: Omit<RlTrainingDefense<P>, 'kind' | 'stage'>,
): RlTrainingDefense<P> => ({ kind: 'defense', stage: 'rl-training', ...d });
export const defineRlFilteringDefense = <const P extends ParamSpecs>(
  d: Omit<RlFilteringDefense<P>, 'kind' | 'stage'>,
): RlFilteringDefense<P> => ({ kind: 'defense', stage: 'rl-filtering', ...d });
export const defineRlWrapperDefense = <const P extends ParamSpecs>(
  d: Omit<RlWrapperDefense<P>, 'kind' | 'stage'>,
): RlWrapperDefense<P> => ({ kind: 'defense', stage: 'rl-wrapper', ...d });
export const defineModel = <const P extends ParamSpecs>(
  d: Omit<ModelDefinition<P>, 'kind'>,
): ModelDefinition<P> => ({
  kind: 'model',
  ...d,
});
export const defineAgent = <const P extends ParamSpecs>(
  d: Omit<LearningAgent<P>, 'kind' | 'origin'>,
): LearningAgent<P> => ({ kind: 'agent', origin: 'trained', ...d });
export const defineImportedAgent = <const P extends ParamSpecs>(
  d: Omit<ImportedAgent<P>, 'kind' | 'origin'>,
): ImportedAgent<P> => ({ kind: 'agent', origin: 'imported', ...d });
