/** From a session's spec to what the engine runs: checked again, with its data and a model that is already trained. */
import { catalog } from '../contract/catalog-data';
import type { Grants } from '../contract/dataset';
import { parseExperiment, type Experiment } from '../contract/experiment';
import { LabError } from '../contract/problem';
import { loadDataset } from '../datasets';
import type { Inputs } from '../engine/task';
import { openTarget } from '../targets';
import { inheritanceOf } from './inheritance';

/** Whoever loads closes a remote model in the end. Throws LabError, or the signal's reason when stopped. */
export async function loadInputs(
  experiment: Experiment,
  grants: Grants,
  signal?: AbortSignal,
): Promise<Inputs> {
  const { model, agent, forkedFrom } = experiment;
  const dataset = experiment.dataset && (await loadDataset(experiment.dataset, grants));
  return {
    ...(dataset ? { dataset } : {}),
    ...(forkedFrom ? { inheritance: inheritanceOf(experiment, dataset, grants) } : {}),
    ...(model ? await openTarget(model, grants, signal) : {}),
    ...(agent ? await openTarget(agent, grants, signal) : {}),
  };
}

/** The spec of a recorded session. The file may come from elsewhere or an older version, so it is not taken on trust. */
export function checkedSpec(spec: Experiment): Experiment {
  const parsed = parseExperiment(spec, catalog);
  if (parsed.ok) return parsed.experiment;
  const { place, message, remedy } = parsed.problems[0]!;
  throw new LabError(place, message, remedy);
}
