/** A session as tidy tables: what the CSV and the Parquet export write. */
import type { ArmPlan, Metrics } from '../../contract/events';
import type { RunState } from '../../contract/fold';
import { boardOf, samplesOf } from '../../contract/board';
import type { CsvRow } from '../../contract/csv';
import { ATTACK_CURVES, SERIES } from '../../contract/metrics';
import type { Applied } from '../../contract/params';
import { familyKey, LEFT_BY_ATTACK, summarize, type GroupSummary } from '../../contract/summary';
import { classesOf } from '../show';

/** A definition and its parameters as columns: `attack`, `attack.epsilon`, `attack.steps` … */
function columnsOf(what: string, applied: Applied | null): CsvRow {
  const params = Object.entries(applied?.params ?? {});
  return {
    [what]: applied?.id,
    ...Object.fromEntries(params.map(([name, value]) => [`${what}.${name}`, value])),
  };
}

const armColumns = ({ index, seed, model, poisoning, defense }: ArmPlan): CsvRow => ({
  arm: index,
  seed,
  ...columnsOf('model', model),
  ...columnsOf('poisoning', poisoning),
  ...columnsOf('defense', defense),
});

/** One row per arm, attack and metric; the attack is empty for the clean evaluation. `failedChecks`: the number is not to be believed. */
export function metricRows(state: RunState): CsvRow[] {
  const { arms, plan } = state;
  const marks = new Map(
    summarize(state).summary.map((group) => [
      familyKey(group),
      (group.worstCase?.failedChecks ?? []).join(' '),
    ]),
  );
  return arms.flatMap((arm) => {
    const rows = (attack: Applied | null, metrics: Metrics | undefined) =>
      Object.entries(metrics ?? {}).map(([metric, value]) => ({
        ...armColumns(arm.plan),
        ...columnsOf('attack', attack),
        metric,
        value,
        failedChecks: attack && LEFT_BY_ATTACK.includes(metric) ? marks.get(familyKey(arm.plan)) : '',
      }));
    return [
      ...rows(null, arm.clean?.metrics),
      ...plan!.attacks.flatMap((attack) => rows(attack, arm.attacks[attack.index]?.metrics)),
    ];
  });
}

/** One row per point of every curve: of the training, of what is proven, and of an attack against its queries or a detector. */
export function curveRows({ arms, plan }: RunState): CsvRow[] {
  return arms.flatMap((arm) => {
    const rows = (facts: CsvRow, x: ArrayLike<number>, y: ArrayLike<number>) =>
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
export function transferRows({ arms, plan, transfers }: RunState): CsvRow[] {
  const prefixed = (prefix: string, arm: ArmPlan): CsvRow =>
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

const familyColumns = ({
  model,
  poisoning,
  defense,
}: Pick<GroupSummary, 'model' | 'poisoning' | 'defense'>): CsvRow => ({
  ...columnsOf('model', model),
  ...columnsOf('poisoning', poisoning),
  ...columnsOf('defense', defense),
});

/** One row per family and check of its verdict. */
export const checkRows = (summary: readonly GroupSummary[]): CsvRow[] =>
  summary.flatMap((group) =>
    group.verdict.checks.map(({ id, status, evidence }) => ({
      ...familyColumns(group),
      check: id,
      status,
      evidence,
    })),
  );

/** One row per family and measure of the trade-off board, over its seeds. */
export const boardRows = (state: RunState): CsvRow[] =>
  boardOf(summarize(state).summary, samplesOf(state)).rows.flatMap((row) =>
    Object.entries(row.values).flatMap(([measure, value]) =>
      value
        ? [
            {
              ...familyColumns(row),
              onFront: row.onFront,
              robust: row.robust,
              measure,
              ...value,
              failedChecks: value.failedChecks?.join(' '),
            },
          ]
        : [],
    ),
  );

/** One row per family, attack and true class, with what its inputs were taken for. */
export const classRows = (state: RunState): CsvRow[] =>
  classesOf(state, summarize(state).summary).flatMap((family) =>
    family.attacks.flatMap(({ id, params, classes, confusion }) =>
      classes.map(({ label, inputs, robustAccuracy }) => ({
        ...familyColumns(family),
        ...columnsOf('attack', id === null ? null : { id, params }),
        class: state.data!.classes[label],
        inputs,
        ...Object.fromEntries(
          confusion[label]!.map((count, to) => [`takenFor.${state.data!.classes[to]}`, count]),
        ),
        robustAccuracy: robustAccuracy.mean,
        low: robustAccuracy.low,
        high: robustAccuracy.high,
      })),
    ),
  );
