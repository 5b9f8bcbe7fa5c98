/** The two kinds of task, as `run.ts` drives them. One file each: `classification.ts`, `reinforcement.ts`. */
import type { Experiment } from '../contract/experiment';
import type { ArmPlan, AttackPlan, Position, RunEvent } from '../contract/events';
import type { ArmContext, Host } from './context';
import type { ImageDataset } from '../contract/dataset';
import type { LayersArtifacts } from '../contract/layers-artifacts';

/** What the outside loaded for the engine, which reads no files. */
export interface Inputs {
  dataset?: ImageDataset;
  /** An imported model's topology and weights. */
  importedModel?: LayersArtifacts;
}

/** Where an arm is taken up again, and what the record already has of it. */
export interface ArmResume {
  position: Position;
  /** State of the last checkpoint. */
  state: Record<string, Float32Array>;
  /** The arm's recorded events up to that checkpoint. */
  history: RunEvent[];
}

export interface TaskRunner {
  /** Work units of one arm; a unit is about one gradient step on a batch, whatever the task. */
  armWork(experiment: Experiment, arm: ArmPlan, attacks: AttackPlan[]): number;
  /**
   * Trains and evaluates one arm, emitting its events between arm-started and arm-finished (which run.ts emits).
   * After each entry of `attacks` it emits a checkpoint {stage: 'evaluation', done}.
   */
  runArm(job: {
    experiment: Experiment;
    inputs: Inputs;
    attacks: AttackPlan[];
    host: Host;
    context: ArmContext;
    resume: ArmResume | null;
  }): Promise<void>;
}
