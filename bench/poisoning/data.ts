/** The data behind `data.mjs`: what the lab's own arms of that rate and seed learn from and are tried on. */
import '@tensorflow/tfjs-node';
import type { ParamsOf, ParamSpecs } from '../../src-main/contract/params';
import { stream } from '../../src-main/contract/random';
import { loadDataset } from '../../src-main/datasets';
import type { PoisonContext } from '../../src-main/engine/definitions';
import { attackOf } from '../../src-main/engine/registry';
import { resolve } from '../../src-main/engine/resolve';
import { selected } from '../../src-main/engine/splits';

const unasked = () => Promise.reject(new Error('BadNets asks for no network'));

/** `triggered`: test inputs of other classes with the trigger, their labels true; `changed`: a byte a training sample. */
export async function poisonedData(rate: number, seed: number) {
  const dataset = await loadDataset({ id: 'mnist', train: 8000, test: 2000 }, { allows: () => false });
  const attack = attackOf('training-set', 'badnets');
  const params = resolve({ id: 'badnets', rate }, attack).params as ParamsOf<ParamSpecs>;
  const context: PoisonContext = {
    random: (...purpose) => stream(seed, 'poisoning', ...purpose),
    breathe: () => Promise.resolve(),
    surrogate: unasked,
    attack: unasked,
    progress: () => {},
  };
  const { dataset: poisoned, changed } = await attack.poison(dataset, params, context);
  const trigger = attack.trigger!(dataset, params, context);
  const { test } = dataset;
  const others = selected(
    test,
    Uint32Array.from(test.labels.keys()).filter((i) => test.labels[i] !== trigger.target),
  );
  const flags = new Uint8Array(poisoned.train.labels.length);
  for (const index of changed) flags[index] = 1;
  return {
    train: poisoned.train,
    test,
    triggered: { ...others, images: trigger.apply(others.images) },
    changed: flags,
  };
}
