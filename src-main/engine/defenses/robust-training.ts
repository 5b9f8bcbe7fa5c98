/** What defences that train against attacks have in common: their parameters, the growing epsilon, early stopping. */
import { derivedNumber, integer, number, type Applied } from '../../contract/params';
import { scaledAttack } from '../attacks/scaled';
import type { CostBasis, EarlyStopping, Trainer } from '../definitions';
import type { BallNorm } from '../norms';

export const rampOver = (share: number) =>
  number({
    default: share,
    min: 0,
    max: 1,
    unit: 'share of training',
    help: 'Over this share of the training epsilon and step size grow from 0 to their value. 1 is the whole training; a ramp cannot be longer.',
  });

export const ownEpochs = derivedNumber({
  derived: 'training.epochs',
  integer: true,
  min: 1,
  max: 10000,
  help: 'Epochs of this training, where it needs more than the plain one.',
});

export const patienceParam = integer({
  default: 0,
  min: 0,
  max: 10000,
  unit: 'epochs',
  help: 'Early stopping: the training ends when the robust accuracy on the validation images has not grown for so many epochs behind the ramp, and the weights of the best epoch are taken. 0 trains to the end. Needs dataset.validation.',
  advanced: true,
});

/** How much of epsilon there is at this point of the training. */
export const grown = (ramp: number, progress: number): number =>
  ramp > 0 ? Math.min(1, progress / ramp) : 1;

/** The attack as it is at this point of the training; draws its epsilon, where it has one. */
export function grownAttack(trainer: Trainer, applied: Applied, ramp: number, progress: number): Applied {
  const scale = grown(ramp, progress);
  const { epsilon } = applied.params;
  if (typeof epsilon === 'number') trainer.point('epsilon', scale * epsilon);
  return scaledAttack(applied, scale);
}

/** PGD with every parameter: a random start, untargeted. */
export const pgd = (ball: { norm: BallNorm; epsilon: number; steps: number; stepSize: number }): Applied => ({
  id: 'pgd',
  params: { ...ball, randomStart: true, restarts: 1, goal: 'untargeted', expectation: 1 },
});

export const stopping = (attack: Applied, patience: number, ramp: number): EarlyStopping | null =>
  patience > 0 ? { attack, patience, from: ramp } : null;

/** Work of looking at the validation part after every epoch. */
export const stoppingCost = (
  { validation, examined }: CostBasis,
  attack: Applied,
  epochs: number,
  patience: number,
): number => (patience > 0 ? epochs * examined(attack, validation) : 0);
