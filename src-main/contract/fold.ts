/**
 * The one fold: events → what the views show. Live view, replay, command-line table and report all use it, so a
 * recording opened later cannot show anything else than was seen live.
 */
import type {
  ArmPlan,
  Check,
  Metrics,
  Plan,
  Position,
  Problem,
  RecordedEvent,
  RobustnessSurface,
  RunEvent,
} from './events';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;
export type Example = EventOf<'example'>;
export type Trajectory = EventOf<'trajectory'>;
export type DataFacts = EventOf<'data-loaded'>;
export type Warning = EventOf<'warning'>;
export type Fitted = EventOf<'fitted'>;
export type AttackCurve = EventOf<'attack-curve'>;
export type Certified = EventOf<'certified'>;
export type Reconstruction = EventOf<'reconstruction'>;
export type AttackSteps = EventOf<'attack-steps'>;
export type Transfer = EventOf<'transfer'>;
export type Inherited = EventOf<'inherited'>;
export type Corruption = EventOf<'corruption'>;
export type Poisoned = EventOf<'poisoned'>;
export type TrainingSet = EventOf<'training-set'>;
export type Triggered = EventOf<'triggered'>;
export type Suspects = EventOf<'suspects'>;
export type Log = EventOf<'log'>;
export type ActivationMap = EventOf<'activations'>;
export type Backdoor = EventOf<'backdoor'>;
export type Grid = EventOf<'grid'>;
export type GridPolicy = EventOf<'grid-policy'>;
export type TargetPolicy = EventOf<'target-policy'>;

/** x and y of a curve, in the order they were made. */
export interface Curve {
  x: number[];
  y: number[];
}

export interface Evaluation {
  metrics: Metrics;
  outcome: Uint8Array | null;
  /** Class predicted for each input, as perturbed. */
  predicted: Uint8Array | null;
}

export interface ArmState {
  plan: ArmPlan;
  status: 'waiting' | 'running' | 'done';
  curves: Record<string, Curve>;
  clean: Evaluation | null;
  /** True class of each input. */
  labels: Uint8Array | null;
  corruptions: Corruption[];
  /** By index of plan.attacks; undefined where not evaluated yet. */
  attacks: (Evaluation | undefined)[];
  /** By index of plan.attacks, where the attack was fitted first. */
  fitted: (Fitted | undefined)[];
  attackCurves: AttackCurve[];
  /** What is proven of the model; null where nothing was tried. */
  certified: Certified | null;
  /** By index of plan.attacks: one input attacked alone, step by step. */
  steps: (AttackSteps | undefined)[];
  /** By index of plan.attacks: what the agent earns as two quantities of the world change. */
  surfaces: (RobustnessSurface | undefined)[];
  /** Triggers it met: of its own backdoor, or, not backdoored, of those of other arms. */
  backdoors: Backdoor[];
  checks: Check[];
  /** Provenance: what a training-set poisoning altered. */
  poisoned: Poisoned | null;
  /** What the poisoning reached on the trained model; null where it is for nothing of that kind. */
  triggered: Triggered | null;
  /** The session it was taken over from, as trained there; null where it was trained in this run. */
  inherited: Inherited | null;
  /** What a filter removed. */
  suspects: Suspects | null;
  log: Log | null;
  activations: ActivationMap | null;
  /** On grids: what the learner thought of every cell, examination by examination. */
  gridPolicies: GridPolicy[];
  /** What a targeted poisoning wants of it. */
  target: TargetPolicy | null;
  trainedSeconds: number | null;
  /** Gradient calls of the training. */
  trainedGradients: number | null;
}

export interface RunState {
  status: 'starting' | 'running' | 'paused' | 'stopped' | 'failed' | 'done';
  plan: Plan | null;
  data: DataFacts | null;
  /** The training samples as they were read, where the record holds them. */
  trainingSet: TrainingSet | null;
  arms: ArmState[];
  examples: Example[];
  /** The latest of each arm and attack: `trajectoryKey`. */
  trajectories: Map<string, Trajectory>;
  /** Of each arm, attack and class the latest, in the order they were begun. */
  reconstructions: Reconstruction[];
  transfers: Transfer[];
  /** Null where the environment's states are no cells of a map. */
  grid: Grid | null;
  warnings: Warning[];
  error: Problem | null;
  progress: {
    done: number;
    total: number;
    what: string;
    activeMs: number;
    sinceMs: number;
    doneBefore: number;
  };
  checkpoint: Position | null;
  sequence: number;
  startedAt: number | null;
  lastAt: number | null;
}

export const trajectoryKey = (arm: number, attack: number | null): string => `${arm}/${attack ?? 'clean'}`;

export function initialState(): RunState {
  return {
    status: 'starting',
    plan: null,
    data: null,
    trainingSet: null,
    arms: [],
    examples: [],
    trajectories: new Map(),
    reconstructions: [],
    transfers: [],
    grid: null,
    warnings: [],
    error: null,
    progress: { done: 0, total: 0, what: '', activeMs: 0, sinceMs: 0, doneBefore: 0 },
    checkpoint: null,
    sequence: 0,
    startedAt: null,
    lastAt: null,
  };
}

/** Changes `state` in place (series are long) and returns it. */
export function fold(state: RunState, { sequence, at, event }: RecordedEvent): RunState {
  const { progress } = state;
  if (state.status === 'running' && state.lastAt !== null) progress.activeMs += at - state.lastAt;
  state.sequence = sequence;
  state.startedAt ??= at;
  state.lastAt = at;
  const arm = 'arm' in event && event.arm !== null ? state.arms[event.arm] : undefined;

  switch (event.type) {
    case 'run-started':
      state.status = 'running';
      state.plan = event.plan;
      progress.total = event.plan.work;
      state.arms = event.plan.arms.map((plan) => ({
        // Sessions recorded before there could be several models do not name it.
        plan: { ...plan, model: plan.model ?? null },
        status: 'waiting',
        curves: {},
        clean: null,
        labels: null,
        corruptions: [],
        attacks: event.plan.attacks.map(() => undefined),
        fitted: [],
        attackCurves: [],
        certified: null,
        steps: [],
        surfaces: [],
        backdoors: [],
        checks: [],
        poisoned: null,
        triggered: null,
        inherited: null,
        suspects: null,
        log: null,
        activations: null,
        gridPolicies: [],
        target: null,
        trainedSeconds: null,
        trainedGradients: null,
      }));
      break;
    case 'data-loaded':
      state.data = event;
      break;
    case 'arm-started':
      arm!.status = 'running';
      break;
    case 'inherited':
      arm!.inherited = event;
      break;
    case 'poisoned':
      arm!.poisoned = event;
      break;
    case 'log':
      arm!.log = event;
      break;
    case 'training-set':
      state.trainingSet = event;
      break;
    case 'triggered':
      arm!.triggered = event;
      break;
    case 'suspects':
      arm!.suspects = event;
      break;
    case 'activations':
      arm!.activations = event;
      break;
    case 'point': {
      const curve = (arm!.curves[event.series] ??= { x: [], y: [] });
      curve.x.push(event.x);
      curve.y.push(event.value);
      break;
    }
    case 'progress':
      progress.done = event.done;
      progress.what = event.what;
      break;
    case 'checkpoint':
      state.checkpoint = event.position;
      break;
    case 'trained':
      arm!.trainedSeconds = event.seconds;
      arm!.trainedGradients = event.gradients ?? null;
      break;
    case 'evaluation': {
      const { metrics, outcome = null, predicted = null, labels = null } = event;
      const evaluation = { metrics, outcome, predicted };
      if (event.attack === null) Object.assign(arm!, { clean: evaluation, labels });
      else arm!.attacks[event.attack] = evaluation;
      break;
    }
    case 'corruption':
      arm!.corruptions.push(event);
      break;
    case 'example':
      state.examples.push(event);
      break;
    case 'fitted':
      arm!.fitted[event.attack] = event;
      break;
    case 'certified':
      arm!.certified = event;
      break;
    case 'robustness-surface':
      arm!.surfaces[event.attack] = event.surface;
      break;
    case 'backdoor':
      arm!.backdoors.push(event);
      break;
    case 'attack-curve':
      arm!.attackCurves.push(event);
      break;
    case 'attack-steps':
      arm!.steps[event.attack] = event;
      break;
    case 'reconstruction': {
      const place = state.reconstructions.findIndex(
        (one) => one.arm === event.arm && one.attack === event.attack && one.label === event.label,
      );
      if (place === -1) state.reconstructions.push(event);
      else state.reconstructions[place] = event;
      break;
    }
    case 'transfer':
      state.transfers.push(event);
      break;
    case 'trajectory':
      state.trajectories.set(trajectoryKey(event.arm, event.attack), event);
      break;
    case 'grid':
      state.grid = event;
      break;
    case 'grid-policy':
      arm!.gridPolicies.push(event);
      break;
    case 'target-policy':
      arm!.target = event;
      break;
    case 'check':
      arm!.checks.push(event.check);
      break;
    case 'warning':
      state.warnings.push(event);
      break;
    case 'arm-finished':
      arm!.status = 'done';
      break;
    case 'run-paused':
      state.status = 'paused';
      break;
    case 'run-continued':
      state.status = 'running';
      break;
    case 'run-resumed':
      // The time left is estimated from the pace of this process alone.
      state.status = 'running';
      state.error = null;
      progress.sinceMs = progress.activeMs;
      progress.doneBefore = progress.done;
      break;
    case 'run-stopped':
      state.status = 'stopped';
      break;
    case 'run-failed':
      state.status = 'failed';
      state.error = event.error;
      break;
    case 'run-finished':
      state.status = 'done';
      break;
  }
  return state;
}

/** Estimate of the seconds left, null while there is too little to judge by. */
export function secondsLeft({ progress, status }: RunState): number | null {
  const done = progress.done - progress.doneBefore;
  const elapsed = progress.activeMs - progress.sinceMs;
  if (status !== 'running' || done <= 0 || elapsed < 1000) return null;
  return ((elapsed / done) * (progress.total - progress.done)) / 1000;
}
