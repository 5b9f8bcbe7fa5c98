/** The frame around filters of the training set: a model to examine, what was removed, and the model trained anew without it. */
import type { ImageDataset } from '../contract/dataset';
import type { AnyParams } from '../contract/params';
import { LabError } from '../contract/problem';
import type { ArmContext, Context } from './context';
import type { CostBasis, Examined, FilterContext, FilteringDefense, Suspicion, Trainer } from './definitions';
import { byClass, logitsOf } from './features';
import { suspectsOf } from './provenance';
import { selected, sizeOf } from './splits';

/** Epochs of the model a filter examines: those of its parameters, else the arm's. */
const examinedEpochs = (params: AnyParams, epochs: number): number =>
  (params.epochs as number | undefined) ?? epochs;

/** What a filter sees of the data. */
export const examinedOf = ({ train, validation, shape, classes }: ImageDataset): Examined => ({
  ...{ train, validation, shape },
  classes: classes.length,
});

export function filteringWork(defense: FilteringDefense, params: AnyParams, basis: CostBasis): number {
  const { examines } = defense;
  const trainings = { data: 0, model: 1, 'held-out': (params.folds as number) - 1 }[examines];
  const epochs = trainings * examinedEpochs(params, basis.epochs) + basis.epochs;
  return epochs * basis.batches + defense.cost(basis, params);
}

/** Logits of each sample, n × classes, by a network trained on all folds but the one it is in. Every label is spread over all folds. */
async function heldOut(
  { train, classes }: Examined,
  trainer: Trainer,
  { folds, epochs }: { folds: number; epochs: number },
  context: Context,
): Promise<Float32Array> {
  const order = byClass(train, classes).flatMap((members, label) => [
    ...context.random('folds', label).shuffle(members),
  ]);
  const fold = new Uint32Array(order.length);
  order.forEach((index, place) => (fold[index] = place % folds));
  const logits = new Float32Array(order.length * classes);
  for (let held = 0; held < folds; held++) {
    const [inside, outside] = [true, false].map((own) =>
      Uint32Array.from(fold.keys()).filter((i) => (fold[i] === held) === own),
    ) as [Uint32Array, Uint32Array];
    const model = await trainer.fit(selected(train, outside), { epochs });
    const rows = logitsOf(model, selected(train, inside));
    inside.forEach((index, row) =>
      logits.set(rows.subarray(row * classes, (row + 1) * classes), index * classes),
    );
  }
  return logits;
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

/** Trains what a filter examines, and has it examined. */
async function suspicionOf(
  defense: FilteringDefense,
  examined: Examined,
  trainer: Trainer,
  params: AnyParams,
  armEpochs: number,
  context: FilterContext,
): Promise<Suspicion> {
  const epochs = examinedEpochs(params, armEpochs);
  switch (defense.examines) {
    case 'model':
      return defense.suspect(examined, await trainer.fit(examined.train, { epochs }), params, context);
    case 'held-out': {
      const folds = params.folds as number;
      const logits = await heldOut(examined, trainer, { folds, epochs }, context);
      return defense.suspect(examined, logits, params, context);
    }
    case 'data':
      return defense.suspect(examined, null, params, context);
  }
}

/** Trains a model, has it examined, and trains another one without the suspects. The last fit is the defended model. */
export async function filterAndTrain(filtering: Filtering): Promise<void> {
  const { defense, trainer, dataset, changed, context, basis, batchSize, tell } = filtering;
  const { arm } = context;
  const params = arm.defense!.params as AnyParams;
  const { train } = dataset;
  const total = defense.cost(basis, params);
  const worked: ArmContext['worked'] = tell ? context.worked : () => {};
  let done = 0;
  const examination = {
    ...context.for('filter'),
    progress: (share: number) => {
      worked(total * (share - done), `${defense.id} examines the training set`);
      done = share;
    },
  };
  const examined = examinedOf(dataset);
  const suspicion = await suspicionOf(defense, examined, trainer, params, basis.epochs, examination);
  if (done < 1) examination.progress(1);
  const { removed } = suspicion;
  const n = sizeOf(train);
  if (removed.length === n) {
    throw new LabError(
      `defenses.${defense.id}`,
      `took all ${n} training samples for poisoned: nothing is left to train on`,
      'Set it to be less suspicious.',
    );
  }
  if (tell) context.emit(suspectsOf(arm, suspicion, changed, n));
  const out = new Set(removed);
  const kept = selected(
    train,
    Uint32Array.from(train.labels.keys()).filter((i) => !out.has(i)),
  );
  // Fewer batches than were reckoned with; what is over counts as done before they begin.
  const spared = Math.ceil(n / batchSize) - Math.ceil(sizeOf(kept) / batchSize);
  if (spared > 0) worked(basis.epochs * spared, `${removed.length} suspects are left out`);
  await trainer.fit(kept);
}
