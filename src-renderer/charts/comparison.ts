/** Several sessions as one table: a row an arm family of each, a column an attack that any of them ran. */
import { find, type Catalog, type Task } from '../../src-main/contract/catalog';
import {
  bySeed,
  COMPARED_METRIC,
  pairedOverSeeds,
  specDifferences,
  type BySeed,
  type SpecDifference,
} from '../../src-main/contract/comparison';
import type { AttackPlan, Plan } from '../../src-main/contract/events';
import type { RunState } from '../../src-main/contract/fold';
import type { SessionHeader } from '../../src-main/contract/session';
import type { SeedTest } from '../../src-main/contract/statistics';
import { attackLabel, families, type Budget } from './families';
import { CLEAN, resultRows, type ResultRow } from './results';

export interface ComparedState {
  id: string;
  header: Pick<SessionHeader, 'name' | 'spec'>;
  state: RunState;
}

export interface ComparedRow extends ResultRow {
  /** Of the session and the family. */
  key: string;
  /** Place among the sessions. */
  session: number;
}

export interface Comparison {
  task: Task;
  /** Of the sessions, each once. */
  names: string[];
  attacks: AttackPlan[];
  attackLabels: string[];
  rows: ComparedRow[];
  differences: SpecDifference[];
}

const keyOf = ({ id, params }: Pick<AttackPlan, 'id' | 'params'>): string => JSON.stringify([id, params]);

/** Sessions of one experiment have one name: then their ids tell them apart. */
export const sessionNames = (sessions: readonly ComparedState[]): string[] =>
  sessions.map(({ id, header }) =>
    sessions.filter((other) => other.header.name === header.name).length > 1 ? id : header.name,
  );

/** @param sessions of one task */
export function compare(sessions: readonly ComparedState[], catalog: Catalog): Comparison {
  const begun = sessions.flatMap(({ state }) => (state.plan ? [state.plan] : []));
  const attacks = [
    ...new Map(begun.flatMap((plan) => plan.attacks).map((one) => [keyOf(one), one])).values(),
  ].map((attack, index) => ({ ...attack, index }));
  const environments = sessions.map(({ header }) =>
    find(catalog, 'environment', header.spec.environment?.id ?? ''),
  );
  const budget: Budget = environments.some((one) => one?.capabilities?.includes('finite-states'))
    ? 'cells'
    : 'epsilon';
  const names = sessionNames(sessions);
  // Named as if of one plan, so that a setting in which families of two sessions differ is told.
  const together: Plan | undefined = begun[0] && {
    ...begun[0],
    arms: begun.flatMap((plan) => plan.arms),
  };
  const labels = new Map(together ? families(together, catalog).map(({ key, label }) => [key, label]) : []);
  let color = 0;
  const rows = sessions.flatMap(({ id, state }, session): ComparedRow[] => {
    const { plan } = state;
    if (!plan) return [];
    const own = families(plan, catalog).map((family) => ({
      ...family,
      label: `${names[session]}: ${labels.get(family.key) ?? family.label}`,
      color: color++,
    }));
    const place = attacks.map((attack) => plan.attacks.findIndex((other) => keyOf(other) === keyOf(attack)));
    return resultRows(state, plan, own).map((row) => ({
      ...row,
      key: `${id}/${row.family.key}`,
      session,
      attacks: place.map((index) => row.attacks[index]),
      seen: place.map((index) => row.seen[index] === true),
      valuesAt: (column, name) =>
        column === CLEAN
          ? row.valuesAt(CLEAN, name)
          : place[column]! < 0
            ? []
            : row.valuesAt(place[column]!, name),
    }));
  });
  return {
    task: begun[0]?.task ?? sessions[0]?.header.spec.task ?? 'classification',
    names,
    attacks,
    attackLabels: attacks.map((attack) => attackLabel(catalog, attack, attacks, budget)),
    rows,
    differences: specDifferences(sessions.map(({ header }) => header.spec)),
  };
}

export interface TestedRow {
  row: ComparedRow;
  /** CLEAN, then by attack; null where they share no seed, or were not evaluated. */
  tests: (SeedTest | null)[];
}

/** Every other row against the reference, over the seeds they share. */
export function testedAgainst({ task, rows, attacks }: Comparison, reference: string): TestedRow[] {
  const against = rows.find(({ key }) => key === reference);
  if (!against) return [];
  const { clean, attacked } = COMPARED_METRIC[task];
  const values = (row: ComparedRow, column: number): BySeed => {
    const name = column === CLEAN ? clean : attacked;
    return bySeed(
      row.valuesAt(column, name).map(({ seed, value }) => ({ seed, metrics: { [name]: value } })),
      name,
    );
  };
  const columns = [CLEAN, ...attacks.keys()];
  return rows
    .filter((row) => row !== against)
    .map((row) => ({
      row,
      tests: columns.map((column) => pairedOverSeeds(values(row, column), values(against, column))),
    }));
}
