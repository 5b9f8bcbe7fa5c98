/** Which attacks a defence was trained against: those among its parameters, and those it makes by itself. */
import { find } from './catalog';
import { catalog } from './catalog-data';
import type { Applied, ParamValue } from './params';

const isApplied = (value: unknown): value is Applied =>
  typeof value === 'object' && value !== null && 'id' in value && 'params' in value;

export function trainedAgainst(defense: Applied | null): Applied[] {
  if (!defense) return [];
  const { norm = null, epsilon = null } = defense.params;
  // The defence's own parameters say how an attack is meant that it makes by itself.
  const made = (find(catalog, 'defense', defense.id)?.against ?? []).map((id) => ({
    id,
    params: { ...(norm === null ? {} : { norm }), ...(epsilon === null ? {} : { epsilon }) },
  }));
  const given = Object.values(defense.params).flatMap((value: ParamValue | ParamValue[]) => [value].flat());
  return [...given.filter(isApplied), ...made];
}

const normOf = ({ id, params }: Applied): unknown => {
  const spec = find(catalog, 'attack', id)?.params['norm'];
  return params.norm ?? (spec && 'default' in spec ? spec.default : undefined);
};

/** An attack is the one trained against when name and norm are the same, whatever its budget and steps. */
export const isSeen = (attack: Applied, trained: readonly Applied[]): boolean =>
  trained.some((other) => other.id === attack.id && normOf(other) === normOf(attack));
