/** Parameters of an entry of the experiment, every one with its value. */
import type { Entry, Training } from '../contract/experiment';
import type { Applied, ParamSpec, ParamSpecs, ParamValue } from '../contract/params';
import { attackById, type Attack, type Defense } from './registry';

/** Defaults filled in, nested attacks included; what was given stays. Only defences have defaults that follow from `training`. */
export function resolve(
  entry: Entry,
  definition: { id: string; params: ParamSpecs } & Partial<Pick<Attack | Defense, 'derive'>>,
  training?: Training,
): Applied {
  const given = (name: string, spec: ParamSpec): ParamValue => {
    const value = entry[name] as ParamValue | undefined;
    if (spec.kind === 'attack') {
      const nested = (value as Entry | undefined) ?? { id: spec.default.id, ...spec.default.params };
      return resolve(nested, attackById(nested.id), training);
    }
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
