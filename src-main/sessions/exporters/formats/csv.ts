import { writeFile } from 'node:fs/promises';
import type { ArmPlan, Metrics } from '../../../contract/events';
import type { RunState } from '../../../contract/fold';
import { SERIES } from '../../../contract/metrics';
import type { Applied } from '../../../contract/params';
import { stateOf } from '../../show';
import { defineExporter } from '../exporter';

type Row = Record<string, unknown>;

/** A definition and its parameters as columns: `attack`, `attack.epsilon`, `attack.steps` … */
function columnsOf(what: string, applied: Applied | null): Row {
  const params = Object.entries(applied?.params ?? {});
  return {
    [what]: applied?.id,
    ...Object.fromEntries(params.map(([name, value]) => [`${what}.${name}`, value])),
  };
}

const armColumns = ({ index, seed, poisoning, defense }: ArmPlan): Row => ({
  arm: index,
  seed,
  ...columnsOf('poisoning', poisoning),
  ...columnsOf('defense', defense),
});

/** One row per arm, attack and metric; the attack is empty for the clean evaluation. */
export function metricRows({ arms, plan }: RunState): Row[] {
  return arms.flatMap((arm) => {
    const rows = (attack: Applied | null, metrics: Metrics | undefined) =>
      Object.entries(metrics ?? {}).map(([metric, value]) => ({
        ...armColumns(arm.plan),
        ...columnsOf('attack', attack),
        metric,
        value,
      }));
    return [
      ...rows(null, arm.clean?.metrics),
      ...plan!.attacks.flatMap((attack) => rows(attack, arm.attacks[attack.index]?.metrics)),
    ];
  });
}

/** One row per point of every curve. */
export function curveRows({ arms }: RunState): Row[] {
  return arms.flatMap((arm) =>
    Object.entries(arm.curves).flatMap(([series, { x, y }]) =>
      x.map((at, i) => ({ ...armColumns(arm.plan), series, xUnit: SERIES[series]?.x, x: at, value: y[i] })),
    ),
  );
}

function field(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Columns in the order of `first`, then as they come up, `last` at the end. */
export function toCsv(rows: Row[], first: string[], last: string[]): string {
  const middle = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    .filter((name) => !first.includes(name) && !last.includes(name))
    .sort();
  const columns = [...first, ...middle, ...last];
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))]
    .map((line) => `${line.map(field).join(',')}\r\n`)
    .join('');
}

const ARM = ['arm', 'seed', 'poisoning', 'defense'];

export default defineExporter({
  id: 'csv',
  title: 'CSV',
  summary:
    'Metrics as a tidy table: one row per arm, attack and metric, every parameter a column of its own. A second file, -curves, holds the curves.',
  limits: 'An undefined metric (a rate of nothing) is an empty field. Nested attacks stand as JSON.',
  reference: {
    authors: 'Y. Shafranovich',
    title: 'Common Format and MIME Type for Comma-Separated Values (CSV) Files',
    year: 2005,
    where: 'RFC 4180',
  },
  extension: '.csv',
  async write(session, place) {
    const state = stateOf(session);
    await writeFile(place(), toCsv(metricRows(state), [...ARM, 'attack'], ['metric', 'value']));
    await writeFile(place('-curves'), toCsv(curveRows(state), ARM, ['series', 'xUnit', 'x', 'value']));
  },
});
