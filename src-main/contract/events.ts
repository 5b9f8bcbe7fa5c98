/**
 * Run events: everything that happens in a run, in order. The session file is their list; live view, replay, command
 * line table and report are folds of it.
 *
 * Events hold no clock. Two runs of one spec on one machine give equal events but for `seconds` fields
 * (see WALL_CLOCK_FIELDS); the session writer adds the time each was written. Typed arrays are stored as binary
 * artefacts beside the event.
 */
import type { Knowledge, Norm, Task } from './catalog';
import type { Applied, Surface } from './params';
import type { Scene, Shape } from './scene';

/** Fields that may differ between two runs of one spec, wherever they stand in an event. */
export const WALL_CLOCK_FIELDS: readonly string[] = ['seconds'];

export interface ArmPlan {
  index: number;
  /** Classification: the model, one of the experiment's; null for agents. */
  model: Applied | null;
  poisoning: Applied | null;
  defense: Applied | null;
  seed: number;
}

/** An attack of the evaluation with one value for every parameter: a list in the experiment gives several entries. */
export interface AttackPlan extends Applied {
  index: number;
  surface: Surface;
  knowledge: Knowledge;
  norm: Norm | null;
}

export interface Plan {
  task: Task;
  /** Every arm; the first is clean, undefended, first seed. */
  arms: ArmPlan[];
  attacks: AttackPlan[];
  /** Total work in units of the progress events; proportional to the expected time, not to be read as seconds. */
  work: number;
}

/** Metric name → value; null when it is undefined (a rate of nothing). Names and units: `metrics.ts`. */
export type Metrics = Record<string, number | null>;

export type CheckStatus = 'pass' | 'fail' | 'not-run';
export interface Check {
  id: string;
  status: CheckStatus;
  /** The numbers behind the status, in a sentence. */
  evidence: string;
}

/** Values of one quantity of an environment's dynamics that were swept. */
export interface SweptQuantity {
  name: string;
  title: string;
  unit: string;
  nominal: number;
  scale: 'linear' | 'logarithmic';
  values: number[];
}

/** What an agent earns in worlds that differ in two quantities. */
export interface RobustnessSurface {
  first: SweptQuantity;
  second: SweptQuantity;
  /** Mean returns, second × first. */
  returns: Float32Array;
  /** Whether these are expected returns by dynamic programming; else means over episodes. */
  exact: boolean;
  /** The worst point met, by the sweep or the search after it. */
  worst: { first: number; second: number; return: number };
  /** Worlds tried: by the sweep, and by the search. */
  swept: number;
  searched: number;
}

/** `attack` of a trajectory in which the trigger of the arm's own backdoor is shown. */
export const TRIGGERED = -1;

/** Of an image in a typed array, channels innermost. */
export type ImageShape = [height: number, width: number, channels: number];

/** A trigger: values in [0, 1] and how far each covers what is beneath, height · width · channels each. */
export interface TriggerPicture {
  shape: ImageShape;
  pixels: Float32Array;
  mask: Float32Array;
}

export interface RecoveredTrigger extends TriggerPicture {
  label: number;
  /** L1 norm of the mask. */
  size: number;
  /** Deviations (of the median absolute kind) by which its size lies below the median of all classes. */
  anomaly: number;
  /** Whether the class is taken for a backdoor's target. */
  flagged: boolean;
}

/**
 * What stands in the place of a predicted class where a target gives none: a vote that is not clear enough, and an input
 * that a detector takes for an attack. Arms whose targets can give these have fewer classes than that.
 */
export const ABSTAINED = 255;
export const REJECTED = 254;

/** Steps of a log, a row each: what was seen before and after (rows × values), done, and paid; 1 where the task ended. */
export interface RecordedSteps {
  observations: Float32Array;
  next: Float32Array;
  actions: Uint8Array;
  rewards: Float32Array;
  terminated: Uint8Array;
}

export interface Prediction {
  /** A class, ABSTAINED or REJECTED. */
  label: number;
  /** Softmax probability of `label`; null for a target that gives labels only. */
  confidence: number | null;
}

/** Where a run can be taken up again. */
export interface Position {
  arm: number;
  stage: 'training' | 'evaluation';
  /** Epochs trained (training), or entries of plan.attacks already evaluated (evaluation). */
  done: number;
}

export type RunEvent =
  | { type: 'run-started'; plan: Plan }
  | {
      type: 'data-loaded';
      name: string;
      train: number;
      validation: number;
      test: number;
      shape: number[];
      classes: string[];
      /** Content hash, so that a reproduction on other data is noticed. */
      hash: string;
    }
  /** A model from a file, by the SHA-256 of that, so that a reproduction with another one is noticed. */
  | { type: 'model-opened'; name: string; hash: string }
  | { type: 'arm-started'; arm: number }
  /**
   * A forked run takes the arm over as it was trained in another session, by the number of its `trained` event there and
   * the SHA-256 of the weights. What its training recorded follows.
   */
  | { type: 'inherited'; arm: number; session: string; event: number; hash: string }
  /**
   * The training samples as they were read, 8 bits a value, so that what an arm did to them can be looked at. Once a run,
   * and only where something is poisoned or filtered and they are not too many (PICTURED_VALUES in engine/provenance.ts).
   */
  | { type: 'training-set'; shape: ImageShape; images: Uint8Array; labels: Uint8Array }
  /** Provenance of what is learnt from. Of a log, and in sessions recorded before there was more, the indices alone. */
  | {
      type: 'poisoned';
      arm: number;
      /** Indices of the training samples, or of the recorded steps of a log, that were altered. */
      changed: Uint32Array;
      of: number;
      /** Of each altered sample: its label before and after. */
      before?: Uint8Array;
      after?: Uint8Array;
      /** Its picture after, 8 bits a value; absent where labels alone were altered, or there are too many. */
      images?: Uint8Array;
      /** What sets a backdoor off, where it is a patch or a pattern; `mask` is its opacity at each value. */
      trigger?: TriggerPicture;
      /** Of a log: the altered steps as they were; absent where the log itself is. */
      steps?: RecordedSteps;
    }
  /** The log an offline learner is given, poisoned and not yet filtered. Absent where it is too long to be kept. */
  | { type: 'log'; arm: number; steps: RecordedSteps; names: string[]; actions: string[] }
  /**
   * A trained model meets what its training set was poisoned for: test inputs of other classes with the trigger, or the one
   * chosen input.
   */
  | {
      type: 'triggered';
      arm: number;
      /** The class the poisoning wants. */
      target: number;
      metrics: Metrics;
      shape: ImageShape;
      /** The first of the inputs, as they were shown: k pictures in [0, 1], their index in the test set, true and predicted class. */
      images: Float32Array;
      inputs: Uint32Array;
      labels: Uint8Array;
      predicted: Uint8Array;
    }
  /** What a filter took for poisoned, by index, and how suspicious each looked. Model or agent is trained without them. */
  | {
      type: 'suspects';
      arm: number;
      removed: Uint32Array;
      of: number;
      /** How suspicious each sample looked, the higher the more; absent where the filter gives no number. */
      scores?: Float32Array;
      /** Shares removed, against the provenance: see `truePositiveRate` in metrics.ts. */
      metrics: Metrics;
      /** A trigger found for each class, and how far the class stands out (Neural Cleanse). */
      recovered?: RecoveredTrigger[];
    }
  /**
   * Where the training samples lie in the last hidden layer of an arm's model: the two principal components, with the label
   * trained on and the loss there.
   */
  | {
      type: 'activations';
      arm: number;
      x: Float32Array;
      y: Float32Array;
      labels: Uint8Array;
      loss: Float32Array;
      /** Share of the variance that the two components hold. */
      explained: number;
      /**
       * The same for each label's samples alone, in units of the spread that is usual within the other labels; `explained` by label.
       * Absent in sessions recorded before it was.
       */
      within?: { x: Float32Array; y: Float32Array; explained: number[] };
    }
  /** One value of a curve. x is in the unit of the series (metrics.ts). */
  | { type: 'point'; arm: number; series: string; x: number; value: number }
  | { type: 'progress'; done: number; what: string }
  | { type: 'checkpoint'; position: Position; state: Record<string, Float32Array> }
  /** The trained thing itself: weights by name, and for tables the values. */
  | {
      type: 'trained';
      arm: number;
      weights: Record<string, Float32Array>;
      seconds: number;
      /** Classifiers: gradient calls of the whole training, in the weights and in the images, one an image. */
      gradients?: number;
    }
  /** What an attack learnt from other inputs before it met those it is scored on. */
  | {
      type: 'fitted';
      arm: number;
      attack: number;
      metrics: Metrics;
      /** What was learnt, where it is a picture: a perturbation in [−1, 1]. */
      picture?: { shape: ImageShape; pixels: Float32Array };
      seconds: number;
    }
  /** What a trained agent earns in worlds that differ in two quantities; with the evaluation under `attack`. */
  | { type: 'robustness-surface'; arm: number; attack: number; surface: RobustnessSurface }
  /**
   * An agent meets the trigger of a backdoor at every step: its own, or, not backdoored, that of another arm, as what a
   * backdoor is to be measured by.
   */
  | {
      type: 'backdoor';
      arm: number;
      poisoning: Applied;
      /** By value of an observation (on grids the state): what the trigger sets it to, NaN where it stays. */
      names: string[];
      trigger: Float32Array;
      metrics: Metrics;
    }
  /** attack null: clean. `outcome` has a byte an input: bit 0 right before, bit 1 right after the attack, bit 2 (targeted) class reached. */
  | {
      type: 'evaluation';
      arm: number;
      attack: number | null;
      metrics: Metrics;
      outcome?: Uint8Array;
      /** Class predicted for each input, as perturbed. Sessions recorded before there was a confusion matrix have none. */
      predicted?: Uint8Array;
      /** With the clean evaluation: true class of each input. */
      labels?: Uint8Array;
    }
  /** Accuracy on inputs corrupted as nature does it; severity 1 (mild) to 5. See CORRUPTIONS in metrics.ts. */
  | { type: 'corruption'; arm: number; corruption: string; severity: number; metrics: Metrics }
  | {
      type: 'example';
      arm: number;
      attack: number;
      /** Index in the test set. */
      input: number;
      label: number;
      /** The class the attack was to reach; absent where any other would do. */
      aim?: number;
      shape: ImageShape;
      /** Pixels in [0, 1]. */
      clean: Float32Array;
      adversarial: Float32Array;
      before: Prediction;
      after: Prediction;
    }
  /** What is proven of an arm's model, whatever the attack. */
  | {
      type: 'certified';
      arm: number;
      method: 'interval-bounds' | 'randomized-smoothing';
      /** Norm of the ball within which the class cannot change, and its size for each input; −1 where no right class is proven. */
      norm: Norm;
      radius: Float32Array;
      /** Inputs on which the certificate abstains. */
      abstained: number;
      /** Certified accuracy y against the radius x. */
      x: Float32Array;
      y: Float32Array;
      seconds: number;
    }
  /** What an attack reached against what it spent, or a detector against its false alarms: see ATTACK_CURVES in metrics.ts. */
  | { type: 'attack-curve'; arm: number; attack: number; series: string; x: Float32Array; y: Float32Array }
  | {
      /** One input attacked alone, step by step. */
      type: 'attack-steps';
      arm: number;
      attack: number;
      input: number;
      label: number;
      shape: ImageShape;
      /** Questions asked of the target up to each of the k steps shown. */
      asked: Uint32Array;
      /** k × height · width · channels pixels. */
      images: Float32Array;
      /** Cross-entropy of the true label, predicted class and its probability at each step. */
      loss: Float32Array;
      predicted: Uint8Array;
      confidence: Float32Array;
    }
  | {
      /** What an inversion made of a class so far; the latest of each arm, attack and class counts. */
      type: 'reconstruction';
      arm: number;
      attack: number;
      /** The class. */
      label: number;
      step: number;
      shape: ImageShape;
      /** Pixels in [0, 1]. */
      pixels: Float32Array;
      /** Softmax probability the target gives the class. */
      confidence: number;
      /** Class that an independent classifier reads; absent while the picture forms. */
      reading?: number;
      /** The target's training image that lies nearest, for comparison; with the reading. */
      nearest?: Float32Array;
    }
  /** Adversarial examples of one arm tried on another. */
  | { type: 'transfer'; source: number; target: number; attack: number; metrics: Metrics }
  | {
      /** One greedy episode, drawn. */
      type: 'trajectory';
      arm: number;
      /** null: not attacked; TRIGGERED: under the trigger of its own backdoor. */
      attack: number | null;
      /** Environment steps trained when it was played; null when training was over. */
      trainedSteps: number | null;
      scene: Omit<Scene, 'shapes'>;
      /** One list of shapes a state, the last state included. */
      frames: Shape[][];
      /** What the agent perceived, drawn likewise where the environment can; empty when not attacked. */
      perceivedFrames: Shape[][];
      /** Name of each value of an observation; a finite environment's is its state. */
      observationNames: string[];
      /** steps × observation size. */
      observations: Float32Array;
      perceived: Float32Array;
      /** The optional fields are absent in sessions recorded before there were such. */
      actionNames?: string[];
      /** What the agent thinks of each action (Q-values or logits) given what is there: steps × actions. */
      scores?: Float32Array;
      /** The same given what it perceives; empty when not attacked. The greedy action is the first arg-max. */
      perceivedScores?: Float32Array;
      /**
       * How far the attack may move each value of an observation, on grids the believed cell (in steps between cells);
       * empty when not attacked.
       */
      reach?: number[];
      /** How far it moved them at each step, in the unit of `budget`; empty when not attacked. */
      distances?: Float32Array;
      /** What no distance may exceed; null when not attacked. */
      budget?: number | null;
      /** A byte a step: 1 where nothing within the budget could have changed the action. Only where that was certified. */
      certified?: Uint8Array;
      actions: Uint8Array;
      rewards: Float32Array;
      return: number;
      terminated: boolean;
      truncated: boolean;
    }
  /** Environments whose states are cells of a drawing, once a run. */
  | {
      type: 'grid';
      scene: Omit<Scene, 'shapes'>;
      /** Middle of each cell, states × 2. */
      places: Float32Array;
      /** A byte a cell: 1 where an episode can come to with an action to choose. */
      living: Uint8Array;
      actionNames: string[];
    }
  /** What a learner on a grid thinks of every cell, at an examination. */
  | {
      type: 'grid-policy';
      arm: number;
      trainedSteps: number;
      /** Q-values or preferences, states × actions. */
      scores: Float32Array;
      /** Of each cell: share of the steps so far whose pay was altered, and the mean change of those. */
      altered: Float32Array;
      change: Float32Array;
    }
  /** What a targeted poisoning of a grid wants, and what it takes. */
  | {
      type: 'target-policy';
      arm: number;
      /** Of each state the wanted action, −1 where any will do, and by how much its best action exceeds that in Q*. */
      actions: Int8Array;
      gaps: Float32Array;
      /** Largest change of a reward: up to this no attack teaches the whole target, from that on a fixed one does. */
      safe: number;
      feasible: number;
    }
  | { type: 'check'; arm: number; check: Check }
  | { type: 'warning'; arm: number | null; code: string; message: string }
  | { type: 'arm-finished'; arm: number }
  | { type: 'run-finished' }
  | ControlEvent;

/**
 * What was done to a run from outside. A reproduction and a resumed run are compared without them, since the rest of
 * the record must not depend on when somebody pressed pause.
 */
export type ControlEvent =
  | { type: 'run-paused' }
  | { type: 'run-continued' }
  | { type: 'run-resumed'; from: Position | null }
  | { type: 'run-stopped' }
  /**
   * An attack on a model that only answers broke off: the batches that are done and the answers had since, with which the
   * run goes on from its last checkpoint.
   */
  | { type: 'attack-interrupted'; arm: number; attack: number; state: Record<string, Float32Array> }
  | { type: 'run-failed'; error: Problem };

const CONTROL_TYPES: readonly string[] = [
  'run-paused',
  'run-continued',
  'run-resumed',
  'run-stopped',
  'attack-interrupted',
  'run-failed',
];
export const isControl = (event: RunEvent): event is ControlEvent => CONTROL_TYPES.includes(event.type);

/** A problem told to a person: where, what was found, what was expected, what to do. */
export interface Problem {
  /** Path in the experiment, file name, or part of the run. */
  place: string;
  message: string;
  remedy?: string;
}

/** An event as the session holds it. */
export interface RecordedEvent {
  /** 1, 2, 3 … without gaps. */
  sequence: number;
  /** Milliseconds since the epoch, when the session writer took it. */
  at: number;
  event: RunEvent;
}
