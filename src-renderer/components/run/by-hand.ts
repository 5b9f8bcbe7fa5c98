/** From suspects picked in one run to the experiment that trains without them. */
import { useRouter } from 'vue-router';
import type { ArmPlan } from '../../../src-main/contract/events';
import type { Entry, Experiment } from '../../../src-main/contract/experiment';
import type { Applied, ParamValue } from '../../../src-main/contract/params';
import { textOf, useDraft } from '../../stores/draft';
import { setValue } from '../../stores/draft-text';
import { usePlayer } from '../../stores/player';
import { asLines } from './samples';

const valueOf = (value: ParamValue): unknown => {
  const isApplied = (one: unknown): one is Applied =>
    typeof one === 'object' && one !== null && 'params' in one;
  if (isApplied(value)) return entryOf(value);
  return Array.isArray(value) ? value.map((one) => (isApplied(one) ? entryOf(one) : one)) : value;
};

/** A definition with its parameters as it stands in a file. */
const entryOf = ({ id, params }: Applied): Entry => ({
  id,
  ...Object.fromEntries(
    Object.entries(params)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, valueOf(value)]),
  ),
});

/** What can be picked, and the filter that leaves it out. */
const FILTERS = { 'training samples': 'by-hand', 'recorded steps': 'steps-by-hand' } as const;

/** What changes in the experiment: one poisoning and seed, undefended, and without what was picked. */
function withoutThese(
  name: string,
  poisoning: Entry | null,
  seed: number,
  picked: readonly number[],
  what: keyof typeof FILTERS,
): Partial<Experiment> & { name: string } {
  const arm = poisoning?.id ?? 'clean';
  return {
    name: `${name}-by-hand`,
    description: `${picked.length} ${what} picked by hand in a run of ${name} are left out.`,
    seeds: [seed],
    poisoning: poisoning ? [poisoning] : [],
    defenses: [{ id: FILTERS[what], removed: asLines(picked) }],
    arms: [
      { poisoning: arm, defense: 'undefended' },
      { poisoning: arm, defense: FILTERS[what] },
    ],
  };
}

/** Opens the experiment that trains an arm of the session anew without what was picked, beside the arm itself. */
export function useRetraining(
  what: keyof typeof FILTERS,
): (plan: ArmPlan, picked: Iterable<number>) => Promise<void> {
  const [player, draft, router] = [usePlayer(), useDraft(), useRouter()];
  return async ({ poisoning, seed }, picked) => {
    const rising = [...picked].sort((a, b) => a - b);
    const header = player.header!;
    const next = withoutThese(header.spec.name, poisoning && entryOf(poisoning), seed, rising, what);
    const text = Object.entries(next).reduce(
      (whole, [key, value]) => setValue(whole, [key], value),
      textOf(header),
    );
    draft.useText(text, `${next.name}.yaml`);
    await router.push('/new');
  };
}
