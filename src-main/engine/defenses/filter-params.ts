import { derivedNumber, number } from '../../contract/params';

/** Epochs of the model that is examined; the model trained afterwards has those of the experiment. */
export const examinedEpochs = derivedNumber({
  derived: 'training.epochs',
  min: 1,
  max: 10000,
  integer: true,
  unit: 'epochs',
  help: 'Epochs of the model that is examined.',
  advanced: true,
});

/** The default of `examinedEpochs`. */
export const epochsOf = (_params: unknown, { epochs }: { epochs: number }) => ({ epochs });

export const expectedShare = number({
  default: 0.05,
  min: 0,
  max: 1,
  unit: 'share',
  help: 'Share of the training set that is thought to be poisoned.',
});

/** A forward pass over the training set, in plain gradient steps on a batch. */
export const PASS = 0.35;
