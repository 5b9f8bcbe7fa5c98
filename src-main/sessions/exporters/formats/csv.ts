import { writeFile } from 'node:fs/promises';
import type { ArmPlan, Metrics } from '../../../contract/events';
import type { RunState } from '../../../contract/fold';
import { ATTACK_CURVES, SERIES } from '../../../contract/metrics';
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

const armColumns = ({ index, seed, model, poisoning, defense }: ArmPlan): Row => ({
  arm: index,
  seed,
  ...columnsOf('model', model),
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

/** One row per point of every curve: of the training, of what is proven, and of an attack against its queries or a detector. */
export function curveRows({ arms, plan }: RunState): Row[] {
  return arms.flatMap((arm) => {
    const rows = (facts: Row, x: ArrayLike<number>, y: ArrayLike<number>) =>
      Array.from(x, (at, i) => ({ ...armColumns(arm.plan), ...facts, x: at, value: y[i] }));
    return [
      ...Object.entries(arm.curves).flatMap(([series, { x, y }]) =>
        rows({ series, xUnit: SERIES[series]?.x }, x, y),
      ),
      ...(arm.certified
        ? rows(
            { series: 'certifiedAccuracy', xUnit: `${arm.certified.norm} radius` },
            arm.certified.x,
            arm.certified.y,
          )
        : []),
      ...arm.attackCurves.flatMap(({ attack, series, x, y }) =>
        rows(
          { ...columnsOf('attack', plan!.attacks[attack]!), series, xUnit: ATTACK_CURVES[series]?.x },
          x,
          y,
        ),
      ),
    ];
  });
}

/** One row per source arm, target arm, attack and metric of the transfer matrix. */
export function transferRows({ arms, plan, transfers }: RunState): Row[] {
  const prefixed = (prefix: string, arm: ArmPlan): Row =>
    Object.fromEntries(Object.entries(armColumns(arm)).map(([name, value]) => [`${prefix}.${name}`, value]));
  return transfers.flatMap(({ source, target, attack, metrics }) =>
    Object.entries(metrics).map(([metric, value]) => ({
      ...prefixed('source', arms[source]!.plan),
      ...prefixed('target', arms[target]!.plan),
      ...columnsOf('attack', plan!.attacks[attack]!),
      metric,
      value,
    })),
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

const ARM = ['arm', 'seed', 'model', 'poisoning', 'defense'];

export default defineExporter({
  id: 'csv',
  title: 'CSV',
  summary:
    'Metrics as a tidy table: one row per arm, attack and metric, every parameter a column of its own. A second file, -curves, holds the curves; a third, -transfer, the transfer matrix where there is one.',
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
    if (state.transfers.length > 0) {
      const first = ['source.arm', 'target.arm', 'attack'];
      await writeFile(place('-transfer'), toCsv(transferRows(state), first, ['metric', 'value']));
    }
  },
});
