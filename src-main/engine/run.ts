/** Plan → events. The whole engine hangs on this one function. */
import type { Experiment } from '../contract/experiment';
import type { ArmPlan, Position, RunEvent } from '../contract/events';
import { LabError } from '../contract/problem';
import type { RemoteModel } from '../contract/remote-model';
import { armContext, type Host } from './context';
import { nothingTaken } from './inheritance';
import { plan, RUNNERS } from './plan';
import type { Inputs, Kept } from './task';

export interface RunJob {
  experiment: Experiment;
  inputs: Inputs;
  host: Host;
  /**
   * Takes a run up at its last checkpoint: `history` are the recorded events up to it. With a null position the run
   * starts anew. What follows is emitted again exactly as it was, so the record can be compared and continued.
   */
  resume: { position: Position | null; state: Record<string, Float32Array>; history: RunEvent[] } | null;
}

/**
 * Runs an experiment, telling everything that happens through `host.emit`. Returns after `run-finished`.
 * @throws LabError when the input is at fault; the signal's reason when the run is stopped
 */
export async function run({ experiment, inputs, host, resume }: RunJob): Promise<void> {
  const thePlan = plan(experiment);
  const runner = RUNNERS[experiment.task];
  const position = resume?.position ?? null;
  const history = position ? resume!.history : [];
  if (position) {
    checkSameInputs(inputs, history);
  } else {
    host.emit({ type: 'run-started', plan: thePlan });
    if (inputs.dataset) host.emit(dataFacts(inputs.dataset));
    if (inputs.remoteModel?.hash) host.emit(modelFacts(inputs.remoteModel));
    const anew = inputs.inheritance && nothingTaken(inputs.inheritance);
    if (anew) host.emit(anew);
    await runner.check?.(thePlan, experiment, inputs, (arm) => armContext(host, arm, () => {}));
  }
  const kept: Kept = { weights: new Map(), adversarial: new Map() };
  let done = history.reduce((last, event) => (event.type === 'progress' ? event.done : last), 0);

  const worked = (units: number, what: string) => {
    done += units;
    host.emit({ type: 'progress', done, what });
  };
  for (const arm of thePlan.arms) {
    if (position && arm.index < position.arm) continue;
    const resumed = position?.arm === arm.index ? position : null;
    const context = armContext(host, arm, worked);
    if (!resumed) host.emit({ type: 'arm-started', arm: arm.index });
    await runner.runArm({
      experiment,
      inputs,
      attacks: thePlan.attacks,
      host,
      context,
      resume: resumed && {
        position: resumed,
        state: resume!.state,
        history: history.filter((event) => 'arm' in event && event.arm === arm.index),
      },
      kept,
    });
    host.emit({ type: 'arm-finished', arm: arm.index });
  }
  const contextOf = (arm: ArmPlan) => armContext(host, arm, worked);
  await runner.close?.({ experiment, inputs, plan: thePlan, host, contextOf, history, kept });
  host.emit({ type: 'run-finished' });
}

type DataLoaded = Extract<RunEvent, { type: 'data-loaded' }>;

function dataFacts({
  name,
  shape,
  classes,
  train,
  validation,
  test,
  hash,
}: NonNullable<Inputs['dataset']>): DataLoaded {
  const sizes = {
    train: train.labels.length,
    validation: validation.labels.length,
    test: test.labels.length,
  };
  return { type: 'data-loaded', name, shape, classes, ...sizes, hash };
}

type ModelOpened = Extract<RunEvent, { type: 'model-opened' }>;

const modelFacts = ({ name, hash }: RemoteModel): ModelOpened => ({
  type: 'model-opened',
  name,
  hash: hash!,
});

function checkSameInputs({ dataset, remoteModel }: Inputs, history: RunEvent[]): void {
  const recorded = <T extends 'data-loaded' | 'model-opened'>(type: T) =>
    history.find((event): event is Extract<RunEvent, { type: T }> => event.type === type);
  const same = (place: string, what: string, before?: { hash: string }, now?: { hash?: string }) => {
    if (!before || !now || before.hash === now.hash) return;
    throw new LabError(
      place,
      `the ${what} changed since this run began`,
      'Restore the files, or start a new run.',
    );
  };
  same('dataset', 'data have', recorded('data-loaded'), dataset);
  same('model', 'model has', recorded('model-opened'), remoteModel);
}
