/** Arm families: the arms that differ in nothing but the seed. Each has one colour in every chart and table. */
import { find, type Catalog, type Kind } from '../../src-main/contract/catalog';
import type { ArmPlan, AttackPlan, Plan } from '../../src-main/contract/events';
import type { Applied } from '../../src-main/contract/params';
import { familyKey } from '../../src-main/contract/summary';
import { isNorm, normSymbol, plain, symbol, words } from '../format';

export interface Family {
  key: string;
  label: string;
  /** Null for agents. */
  model: Applied | null;
  poisoning: Applied | null;
  defense: Applied | null;
  /** Indices of its arms in the plan, one a seed. */
  arms: number[];
  /** Place in the palette; 0 is the clean, undefended baseline. */
  color: number;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function shown(value: unknown): string {
  if (typeof value === 'number') return plain(value);
  if (Array.isArray(value)) return value.map(shown).join(' + ');
  if (typeof value === 'object' && value !== null && 'id' in value) return String(value.id);
  return String(value);
}

/**
 * The parameters in which this one differs from its namesakes, and those `always` worth telling. A number that follows
 * from the others (a step size from ε) differs with them and says nothing, unless nothing else differs.
 */
export function telling(
  catalog: Catalog,
  kind: Kind,
  applied: Applied,
  all: readonly Applied[],
  always: readonly string[] = [],
): string[] {
  const specs = find(catalog, kind, applied.id)?.params ?? {};
  const derived = (name: string): boolean => specs[name]?.kind === 'derived-number';
  const names = Object.keys(applied.params);
  const differs = (name: string, other: Applied): boolean => !same(other.params[name], applied.params[name]);
  const namesakes = all.filter((other) => other.id === applied.id);
  const alike = namesakes.filter((other) => names.every((name) => derived(name) || !differs(name, other)));
  return names.filter(
    (name) =>
      always.includes(name) || (derived(name) ? alike : namesakes).some((other) => differs(name, other)),
  );
}

/** Long titles give way to the id where that is the name in use: FGSM, PGD. */
function shortName(catalog: Catalog, kind: Kind, id: string): string {
  const title = find(catalog, kind, id)?.title ?? id;
  if (title.length <= 16 || !/^[a-z]{1,2}?-?[a-z]{2,4}$/.test(id)) return title;
  // As the title writes it, where it does: MI-Face.
  return new RegExp(id, 'i').exec(title)?.[0] ?? id.toUpperCase();
}

/** A norm names itself: “L2”, not “norm l2”. */
const setting = (name: string, value: unknown): string =>
  name === 'norm' && isNorm(value)
    ? normSymbol(value)
    : `${symbol(name) === name ? words(name).toLowerCase() : symbol(name)} ${shown(value)}`;

/** Name and the parameters given, as in “PGD · ε 0.3”. */
export function label(catalog: Catalog, kind: Kind, applied: Applied, parameters: readonly string[]): string {
  return [
    shortName(catalog, kind, applied.id),
    ...parameters.map((name) => setting(name, applied.params[name])),
  ].join(' · ');
}

export function families(plan: Plan, catalog: Catalog): Family[] {
  const groups = new Map<string, ArmPlan[]>();
  for (const arm of plan.arms) {
    const key = familyKey(arm);
    groups.set(key, [...(groups.get(key) ?? []), arm]);
  }
  const present = (pick: (arm: ArmPlan) => Applied | null): Applied[] =>
    plan.arms.map(pick).filter((applied) => applied !== null);
  const models = present((arm) => arm.model);
  const severalModels = new Set(models.map((model) => JSON.stringify(model))).size > 1;
  const poisonings = present((arm) => arm.poisoning);
  const defenses = present((arm) => arm.defense);
  return [...groups].map(([key, arms], color) => {
    const { model, poisoning, defense } = arms[0]!;
    const learner =
      model && severalModels
        ? `${label(catalog, 'model', model, telling(catalog, 'model', model, models))}: `
        : '';
    const parts = [
      defense
        ? label(catalog, 'defense', defense, telling(catalog, 'defense', defense, defenses))
        : 'Undefended',
      ...(poisoning
        ? [label(catalog, 'attack', poisoning, telling(catalog, 'attack', poisoning, poisonings))]
        : []),
    ];
    return {
      key,
      label: learner + parts.join(' + '),
      model,
      poisoning,
      defense,
      arms: arms.map((arm) => arm.index),
      color,
    };
  });
}

/** The parameter that says how much an attack may do: ε, on grids the cells it may displace the agent by. */
export type Budget = 'epsilon' | 'cells';

export const attackLabel = (
  catalog: Catalog,
  attack: AttackPlan,
  all: readonly AttackPlan[],
  budget: Budget,
): string => label(catalog, 'attack', attack, telling(catalog, 'attack', attack, all, [budget]));
