/** From suspects picked in one run to the experiment that trains without them. */
import type { Entry, Experiment } from '../../../src-main/contract/experiment';
import type { Applied, ParamValue } from '../../../src-main/contract/params';
import { asLines } from './samples';

const valueOf = (value: ParamValue): unknown => {
  const isApplied = (one: unknown): one is Applied =>
    typeof one === 'object' && one !== null && 'params' in one;
  if (isApplied(value)) return entryOf(value);
  return Array.isArray(value) ? value.map((one) => (isApplied(one) ? entryOf(one) : one)) : value;
};

/** A definition with its parameters as it stands in a file. */
export const entryOf = ({ id, params }: Applied): Entry => ({
  id,
  ...Object.fromEntries(
    Object.entries(params)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, valueOf(value)]),
  ),
});

/** What can be picked, and the filter that leaves it out. */
const FILTERS = { 'training samples': 'by-hand', 'recorded steps': 'steps-by-hand' } as const;

/** The same experiment with one poisoning and seed: undefended, and without what was picked. */
export function withoutThese(
  spec: Experiment,
  poisoning: Entry | null,
  seed: number,
  picked: readonly number[],
  what: keyof typeof FILTERS,
): Partial<Experiment> & { name: string } {
  const { arms: _arms, poisoning: _poisonings, defenses: _defenses, ...rest } = spec;
  const arm = poisoning?.id ?? 'clean';
  return {
    ...rest,
    name: `${spec.name}-by-hand`,
    description: `${picked.length} ${what} picked by hand in a run of ${spec.name} are left out.`,
    seeds: [seed],
    poisoning: poisoning ? [poisoning] : [],
    defenses: [{ id: FILTERS[what], removed: asLines(picked) }],
    arms: [
      { poisoning: arm, defense: 'undefended' },
      { poisoning: arm, defense: FILTERS[what] },
    ],
  };
}
