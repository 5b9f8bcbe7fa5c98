/** What a session says, gathered once for every form it is handed on in: the page, its print, and the tables for LaTeX. */
import { find } from '../../contract/catalog';
import { catalog } from '../../contract/catalog-data';
import type { Plan } from '../../contract/events';
import type { RunState } from '../../contract/fold';
import type { SessionHeader, SessionStatus } from '../../contract/session';
import type { Table, TableCell } from '../../contract/table';
import { boardNumber } from '../../../src-renderer/charts/board';
import { attackLabel, families, type Budget, type Family } from '../../../src-renderer/charts/families';
import {
  CLEAN,
  doubtNotes,
  meanText,
  metricsOf,
  resultGrid,
  resultRows,
  spreadText,
  cleanTitle,
  usualMetric,
  type ResultRow,
} from '../../../src-renderer/charts/results';
import { measureOf, withUnit, words } from '../../../src-renderer/format';
import type { SessionReader } from '../reader';
import { stateOf } from '../show';

export interface Content {
  header: SessionHeader;
  status: SessionStatus;
  state: RunState;
  /** Null before the run has begun: then there is nothing else either. */
  plan: Plan | null;
  families: Family[];
  rows: ResultRow[];
  attackLabels: string[];
  budget: Budget;
}

export function contentOf(session: SessionReader): Content {
  const header = session.header();
  const state = stateOf(session);
  const { plan } = state;
  const environment = find(catalog, 'environment', header.spec.environment?.id ?? '');
  const budget: Budget = environment?.capabilities?.includes('finite-states') ? 'cells' : 'epsilon';
  const named = plan ? families(plan, catalog) : [];
  return {
    header,
    status: session.status(),
    state,
    plan,
    families: named,
    rows: plan ? resultRows(state, plan, named) : [],
    attackLabels: plan
      ? plan.attacks.map((attack) => attackLabel(catalog, attack, plan.attacks, budget))
      : [],
    budget,
  };
}

const SEEDS_NOTE = {
  classification: 'Mean over seeds; small: 95 % interval (Student’s t). Bold: the best of the column.',
  'reinforcement-learning':
    'Interquartile mean over seeds; small: 95 % interval (stratified bootstrap). Bold: the best of the column.',
};

/** A row an arm, a column an attack. */
export function resultTable({ header, plan, rows, attackLabels }: Content): Table | null {
  if (!plan || !rows.some(({ clean }) => clean)) return null;
  const metric = usualMetric(metricsOf(rows), plan.task);
  const measure = measureOf(metric);
  const grid = resultGrid(rows, plan.attacks.length, metric);
  return {
    title: `${header.name}: ${withUnit(measure.title.toLowerCase(), measure.unit)} of each arm under each attack`,
    name: 'results',
    columns: [
      'Arm',
      'Seeds',
      ...grid.columns.map((column) => (column === CLEAN ? cleanTitle(grid.metric) : attackLabels[column]!)),
    ],
    rows: rows.map((row, y) => [
      { text: row.family.label },
      { text: String(row.seeds.length) },
      ...grid.numbers[y]!.map((number): TableCell => {
        if (!number) return { text: '–' };
        const small = spreadText(grid, number);
        return {
          text: meanText(grid, number),
          ...(small ? { small } : {}),
          best: number.best,
          doubtful: number.doubtful,
        };
      }),
    ]),
    notes: [SEEDS_NOTE[plan.task], ...doubtNotes(rows)],
  };
}

/** A row an arm, a column a measure of the trade-off board. Null for agents. */
export function boardTable({ header, plan, rows }: Content): Table | null {
  const measures = [...new Set(rows.flatMap(({ board }) => Object.keys(board?.values ?? {})))];
  if (plan?.task !== 'classification' || measures.length === 0) return null;
  return {
    title: `${header.name}: what each defence gains and what it costs`,
    name: 'trade-off',
    columns: ['Arm', ...measures.map((name) => withUnit(measureOf(name).title, measureOf(name).unit))],
    rows: rows.flatMap(({ family, board }) =>
      board
        ? [
            [
              { text: `${family.label}${board.onFront ? '\u00a0*' : ''}` },
              ...measures.map((name): TableCell => {
                const value = board.values[name];
                if (!value) return { text: '–' };
                const range =
                  value.low === null || value.high === null
                    ? ''
                    : `${boardNumber(value.low, name)} – ${boardNumber(value.high, name)}`;
                return {
                  text: boardNumber(value.mean, name),
                  ...(range ? { small: range } : {}),
                  doubtful: value.failedChecks !== undefined,
                };
              }),
            ],
          ]
        : [],
    ),
    notes: ['* on the Pareto front of clean accuracy and worst case.', ...doubtNotes(rows)],
  };
}

const STATUS = { pass: '✓', fail: '✗', 'not-run': '–' } as const;

/** A row a check, a column an arm. */
export function verdictTable({ header, rows }: Content): Table | null {
  const judged = rows.flatMap(({ family, verdict }) => (verdict ? [{ family, verdict }] : []));
  const ids = [...new Set(judged.flatMap(({ verdict }) => verdict.checks.map(({ id }) => id)))];
  if (ids.length === 0) return null;
  return {
    title: `${header.name}: what was checked, and what came of it`,
    name: 'verdict',
    columns: ['Check', ...judged.map(({ family }) => family.label)],
    rows: ids.map((id) => [
      { text: words(id) },
      ...judged.map(({ verdict }): TableCell => {
        const check = verdict.checks.find((one) => one.id === id);
        return { text: check ? STATUS[check.status] : '' };
      }),
    ]),
    notes: ['✓ passed, ✗ failed, – not run.'],
  };
}

export const tablesOf = (content: Content): Table[] =>
  [resultTable(content), boardTable(content), verdictTable(content)].filter((table) => table !== null);
