/** The two kinds of task, as `run.ts` drives them: `classification/`, and `reinforcement.ts` with `rl/`. */
import type { Experiment } from '../contract/experiment';
import type { ArmPlan, AttackPlan, Plan, Position, RunEvent } from '../contract/events';
import type { ArmContext, Host } from './context';
import type { ImageDataset } from '../contract/dataset';
import type { LayersArtifacts } from '../contract/layers-artifacts';
import type { Inheritance } from './inheritance';
import type { RemoteModel } from '../contract/remote-model';

/** What the outside loaded for the engine, which reads no files. */
export interface Inputs {
  dataset?: ImageDataset;
  /** An imported model's topology and weights. */
  importedModel?: LayersArtifacts;
  /** A model that only answers; whoever opened it closes it. */
  remoteModel?: RemoteModel;
  /** Of a forked run: the arms that are trained already. */
  inheritance?: Inheritance;
}

/** Where an arm is taken up again, and what the record already has of it. */
export interface ArmResume {
  position: Position;
  /** State of the last checkpoint. */
  state: Record<string, Float32Array>;
  /** The arm's recorded events up to that checkpoint. */
  history: RunEvent[];
}

/** One arm to be run. */
export interface Job {
  experiment: Experiment;
  inputs: Inputs;
  attacks: AttackPlan[];
  host: Host;
  context: ArmContext;
  resume: ArmResume | null;
  kept: Kept;
}

export interface TaskRunner {
  /** Work units of what comes after all arms. */
  closingWork?(experiment: Experiment, arms: ArmPlan[], attacks: AttackPlan[]): number;
  /** Throws LabError for what the inputs do not allow, in the first arm or the last: before anything is trained. */
  check?(
    plan: Plan,
    experiment: Experiment,
    inputs: Inputs,
    contextOf: (arm: ArmPlan) => ArmContext,
  ): Promise<void>;
  /** Work units of one arm; a unit is about one gradient step on a batch, whatever the task. */
  armWork(experiment: Experiment, arm: ArmPlan, attacks: AttackPlan[]): number;
  /**
   * Trains and evaluates one arm, emitting its events between arm-started and arm-finished (which run.ts emits).
   * After each entry of `attacks` it emits a checkpoint {stage: 'evaluation', done}.
   */
  runArm(job: Job): Promise<void>;
  /** What is done when every arm is: comparisons between arms, emitting events without an arm of their own. */
  close?(job: ClosingJob): Promise<void>;
}

export interface ClosingJob {
  experiment: Experiment;
  inputs: Inputs;
  plan: Plan;
  host: Host;
  /** Context of an arm, its streams as they were in its evaluation. */
  contextOf(arm: ArmPlan): ArmContext;
  /** Recorded events of a run that was taken up again; empty for one that was not. */
  history: RunEvent[];
  kept: Kept;
}

/** What one run keeps in memory from its arms for the end: trained weights and adversarial images. */
export interface Kept {
  /** By arm. */
  weights: Map<number, Record<string, Float32Array>>;
  /** By arm and attack: `armIndex/attackIndex`. */
  adversarial: Map<string, Float32Array>;
}
