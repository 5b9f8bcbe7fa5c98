/** From a session's spec to what the engine runs: checked again, with its data and a model that is already trained. */
import { catalog } from '../contract/catalog-data';
import type { Grants } from '../contract/dataset';
import { parseExperiment, type Experiment } from '../contract/experiment';
import { LabError } from '../contract/problem';
import { loadDataset } from '../datasets';
import type { Inputs } from '../engine/task';
import { readLayersModel } from '../targets/layers-model';

export async function loadInputs({ dataset, model }: Experiment, grants: Grants): Promise<Inputs> {
  return {
    ...(dataset ? { dataset: await loadDataset(dataset, grants) } : {}),
    ...(model?.id === 'layers-model'
      ? { importedModel: await readLayersModel(String(model['path']), grants) }
      : {}),
  };
}

/** The spec of a recorded session. The file may come from elsewhere or an older version, so it is not taken on trust. */
export function checkedSpec(spec: Experiment): Experiment {
  const parsed = parseExperiment(spec, catalog);
  if (parsed.ok) return parsed.experiment;
  const { place, message, remedy } = parsed.problems[0]!;
  throw new LabError(place, message, remedy);
}
