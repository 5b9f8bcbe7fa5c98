/** Agents: as they are met once trained, and as they learn. */
import type { Capability, Definition } from '../../contract/catalog';
import type { Environment } from '../../contract/environment';
import type { LayersArtifacts } from '../../contract/layers-artifacts';
import type { ParamsOf, ParamSpecs } from '../../contract/params';
import type { ArmContext } from '../context';
import type { Ball } from '../rl/ball';
import type { ScoreLoss } from '../rl/score-losses';
import type { Regularizer } from './agent-defenses';
import type { TransitionLog } from './logs';

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

export const defineAgent = <const P extends ParamSpecs>(
  d: Omit<LearningAgent<P>, 'kind' | 'origin'>,
): LearningAgent<P> => ({ kind: 'agent', origin: 'trained', ...d });

export const defineImportedAgent = <const P extends ParamSpecs>(
  d: Omit<ImportedAgent<P>, 'kind' | 'origin'>,
): ImportedAgent<P> => ({ kind: 'agent', origin: 'imported', ...d });
