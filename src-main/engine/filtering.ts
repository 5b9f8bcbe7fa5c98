/** The frame around filters of the training set: a model to examine, what was removed, and the model trained anew without it. */
import type { ImageDataset, Split } from '../contract/dataset';
import type { AnyParams } from '../contract/params';
import { LabError } from '../contract/problem';
import type { ArmContext } from './context';
import type { CostBasis, Examined, FilterContext, FilteringDefense, Trainer } from './definitions';
import { suspectsOf } from './provenance';
import { sizeOf, without } from './splits';

/** Epochs of the model a filter examines: those of its parameters, else the arm's. */
const examinedEpochs = (params: AnyParams, epochs: number): number =>
  (params.epochs as number | undefined) ?? epochs;

/** What a filter sees of the data. */
export const examinedOf = ({ train, validation, shape, classes }: ImageDataset): Examined => ({
  ...{ train, validation, shape },
  classes: classes.length,
});

export function filteringWork(defense: FilteringDefense, params: AnyParams, basis: CostBasis): number {
  const trainings = (defense.examines === 'model' ? 1 : 0) + (defense.fits?.(params) ?? 0);
  const epochs = trainings * examinedEpochs(params, basis.epochs) + basis.epochs;
  return epochs * basis.batches + defense.cost(basis, params);
}

interface Filtering {
  defense: FilteringDefense;
  trainer: Trainer;
  dataset: ImageDataset;
  /** The provenance, which only the record is told of. */
  changed: Uint32Array;
  context: ArmContext;
  basis: CostBasis;
  batchSize: number;
  /** Whether what was found is not in the record yet. */
  tell: boolean;
}

/** Trains a model, has it examined, and trains another one without the suspects. The last fit is the defended model. */
export async function filterAndTrain(filtering: Filtering): Promise<void> {
  const { defense, trainer, dataset, changed, context, basis, batchSize, tell } = filtering;
  const { arm } = context;
  const params = arm.defense!.params as AnyParams;
  const { train } = dataset;
  const total = defense.cost(basis, params);
  const epochs = examinedEpochs(params, basis.epochs);
  const n = sizeOf(train);
  /** Batches fewer than an epoch over everything has. */
  const spared = (some: Split) => Math.ceil(n / batchSize) - Math.ceil(sizeOf(some) / batchSize);
  const worked: ArmContext['worked'] = (units, what) => {
    if (tell && !trainer.replaying) context.worked(units, what);
  };
  let done = 0;
  let saved = (defense.fits?.(params) ?? 0) * epochs * basis.batches;
  const examination: FilterContext = {
    ...context.for('filter'),
    fit(some) {
      saved -= epochs * (basis.batches - spared(some));
      return trainer.fit(some, { epochs });
    },
    progress(share) {
      worked(total * (share - done), `${defense.id} examines the training set`);
      done = share;
    },
  };
  const examined = examinedOf(dataset);
  const suspicion =
    defense.examines === 'model'
      ? await defense.suspect(examined, await trainer.fit(train, { epochs }), params, examination)
      : await defense.suspect(examined, null, params, examination);
  if (done < 1) examination.progress(1);
  if (saved > 0) worked(saved, `${defense.id} trained less than it might have`);
  const { removed } = suspicion;
  if (removed.length === n) {
    throw new LabError(
      `defenses.${defense.id}`,
      `took all ${n} training samples for poisoned: nothing is left to train on`,
      'Set it to be less suspicious.',
    );
  }
  if (tell) context.emit(suspectsOf(arm, suspicion, changed, n));
  const kept = without(train, removed);
  // Fewer batches than were reckoned with; what is over counts as done before they begin.
  if (spared(kept) > 0) worked(basis.epochs * spared(kept), `${removed.length} suspects are left out`);
  await trainer.fit(kept);
}
