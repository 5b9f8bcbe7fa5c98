/** Exclusionary reclassification (Chen et al. 2018, arXiv:1811.03728): what a network that never saw the suspects makes of them. */
import type { Split } from '../../contract/dataset';
import { boolean } from '../../contract/params';
import type { FilterContext } from '../definitions';
import { logitsOf } from '../features';
import { selected, without } from '../splits';

export const reclassifyParam = (help: string) => boolean({ default: true, help });

/** Classes given to samples by a network that is trained without any of them. */
export async function answersWithout(
  suspects: Uint32Array,
  train: Split,
  context: FilterContext,
): Promise<number[]> {
  const model = await context.fit(without(train, suspects));
  const logits = logitsOf(model, selected(train, suspects));
  return Array.from(suspects, (_, row) => {
    const scores = logits.subarray(row * model.classes, (row + 1) * model.classes);
    return scores.indexOf(Math.max(...scores));
  });
}
