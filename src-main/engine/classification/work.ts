/** Work of an arm that classifies images, in plain gradient steps on a batch. */
import type { ImageDataset } from '../../contract/dataset';
import type { ArmPlan, AttackPlan } from '../../contract/events';
import type { Experiment } from '../../contract/experiment';
import type { AnyParams } from '../../contract/params';
import { isTrainedHere } from '../arm-model';
import type { CostBasis } from '../definitions';
import { evasionCost } from '../detection';
import { filteringWork } from '../filtering';
import { poisoningWork } from '../poisoning';
import { attackOf, defenseById } from '../registry';
import { sizeOf } from '../splits';
import { attackWork, fittingWork } from '../trainer';
import { PASS } from '../transfer';

/** Work of training an arm and of poisoning what it learns, in plain gradient steps on a batch; 0 where it is not trained here. */
export function trainingWork(experiment: Experiment, arm: ArmPlan): number {
  if (!isTrainedHere(arm)) return 0;
  const basis = basisOf(experiment);
  return trainingCost(experiment, arm, basis) + poisoningWork(arm, basis);
}

/** What costs are reckoned from. */
export function basisOf({ training, dataset }: Experiment): CostBasis {
  // The size is not known before the data are read; what the experiment asks for is close enough for an estimate.
  const train = Number(dataset!.train ?? 8000);
  return {
    epochs: training.epochs,
    batches: Math.ceil(train / training.batchSize),
    train,
    validation: Number(dataset!.validation ?? 0),
    attack: attackWork,
    examined: (applied, inputs) => (attackWork(applied) * inputs) / training.batchSize,
  };
}

/** What the arm's training costs, in the measure of the basis. */
function trainingCost(
  { training: { epochs } }: Experiment,
  { defense }: ArmPlan,
  basis: Omit<CostBasis, 'epochs'>,
): number {
  const definition = defense && defenseById(defense.id);
  if (definition?.stage === 'filtering') {
    return filteringWork(definition, defense!.params as AnyParams, { epochs, ...basis });
  }
  if (definition?.stage !== 'training' && definition?.stage !== 'certified') return epochs * basis.batches;
  return definition.cost({ epochs, ...basis }, defense!.params as AnyParams);
}

/** Gradient calls of a training: in the weights one an image and epoch, in the images as its attacks cost. */
export function trainingGradients(
  experiment: Experiment,
  arm: ArmPlan,
  { train, validation }: ImageDataset,
): number {
  const n = sizeOf(train);
  const attack: CostBasis['attack'] = ({ id, params }) => attackOf('evasion', id).cost(params as AnyParams);
  // As if all images made one batch: the cost is then that of an image.
  const each = trainingCost(experiment, arm, {
    ...{ batches: 1, train: n, validation: sizeOf(validation), attack },
    examined: (applied, inputs) => (attack(applied) * inputs) / n,
  });
  return Math.round(n * each);
}

/** Work of one forward pass over the test inputs. */
export const copyWork = ({ evaluation, training }: Experiment): number =>
  (PASS * evaluation.samples) / training.batchSize;

export const evaluationWork = (experiment: Experiment, arm: ArmPlan, attack: AttackPlan): number =>
  fittingWork(attack, experiment.training) +
  Math.min(experiment.evaluation.samples, Number(experiment.dataset!.test ?? Infinity)) *
    ((attackWork(attack) + evasionCost(arm, attack)) / experiment.training.batchSize);
