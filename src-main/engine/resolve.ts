/** Parameters of an entry of the experiment, every one with its value. */
import type { Entry, Training } from '../contract/experiment';
import { isList, type Applied, type ParamSpec, type ParamSpecs, type ParamValue } from '../contract/params';
import { attackById, type Attack, type Defense } from './registry';

/** Defaults filled in, nested attacks included; what was given stays. Only defences have defaults that follow from `training`. */
export function resolve(
  entry: Entry,
  definition: { id: string; params: ParamSpecs } & Partial<Pick<Attack | Defense, 'derive'>>,
  training?: Training,
): Applied {
  const nested = (one: Entry) => resolve(one, attackById(one.id), training);
  const asEntry = ({ id, params }: Applied): Entry => ({ id, ...params });
  const given = (name: string, spec: ParamSpec): ParamValue => {
    const value = entry[name] as ParamValue | undefined;
    if (spec.kind === 'attack') return nested((value as Entry | undefined) ?? asEntry(spec.default));
    if (spec.kind === 'attacks')
      return ((value as Entry[] | undefined) ?? spec.default.map(asEntry)).map(nested);
    return value ?? ('default' in spec ? spec.default : null);
  };
  const params = Object.fromEntries(
    Object.entries(definition.params).map(([name, spec]) => [name, given(name, spec)]),
  );
  const derived = (
    definition.derive as ((params: unknown, training?: Training) => Record<string, ParamValue>) | undefined
  )?.(params, training);
  for (const [name, value] of Object.entries(derived ?? {})) params[name] ??= value;
  return { id: definition.id, params };
}

/** One entry per combination of the values in lists that are not one value by themselves. */
export function combinations(entry: Entry, params: ParamSpecs): Entry[] {
  return Object.entries(entry).reduce<Entry[]>(
    (entries, [name, value]) =>
      Array.isArray(value) && !(params[name] && isList(params[name]))
        ? entries.flatMap((before) => value.map((single: unknown) => ({ ...before, [name]: single })))
        : entries.map((before) => ({ ...before, [name]: value })),
    [{ id: entry.id }],
  );
}
