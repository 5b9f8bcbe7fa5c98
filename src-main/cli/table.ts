/** Tables in plain text: what a session found, as it is read on a terminal. */
import { catalog } from '../contract/catalog-data';
import { CERTIFIED_NORMS } from '../contract/certified';
import type { Applied } from '../contract/params';
import {
  familyKey,
  type GroupSummary,
  type MarkedInterval,
  type MetricIntervals,
  type Summary,
  type TransferSummary,
  type Verdict,
} from '../contract/summary';
import { chooseDefense, type Board, type Demand } from '../contract/board';
import type { Task } from '../contract/catalog';
import { COMPARED_METRIC, shownP, testNote } from '../contract/comparison';
import type { SeedTest } from '../contract/statistics';
import type { Shown } from '../sessions/show';
import type { Comparison, TestedRow } from '../../src-renderer/charts/comparison';
import { resultGrid } from '../../src-renderer/charts/results';
import { MEASURES, type Measure } from '../contract/metrics';

/** Columns as wide as their widest cell; those after the first are aligned to the right, as numbers are, unless told. */
export function toText(rows: string[][], align: 'left' | 'right' = 'right'): string {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)),
    [],
  );
  const padded = (cell: string, i: number) =>
    i === 0 || align === 'left' ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
  return rows.map((row) => row.map(padded).join('   ').trimEnd()).join('\n');
}

/** Names of definitions, with those parameters that tell two of one id apart. */
export function labelsOf(all: Applied[]): string[] {
  return all.map(({ id, params }) => {
    const others = all.filter((other) => other.id === id);
    const specs = catalog.find((entry) => entry.id === id)?.params ?? {};
    // What follows from other parameters tells nothing that they do not.
    const telling = Object.entries(params).filter(
      ([name, value]) =>
        typeof value !== 'object' &&
        specs[name]?.kind !== 'derived-number' &&
        others.some((other) => other.params[name] !== value),
    );
    return [id, ...telling.map(([name, value]) => `${name}=${value}`)].join(' ');
  });
}

const METRIC: Record<Task, string> = { classification: 'accuracy', 'reinforcement-learning': 'return' };

/** Stands beside every number that a failed check makes doubtful. */
const MARK = '†';

const UNITS: Partial<Record<Measure['unit'], (value: number) => string>> = {
  share: (value) => `${(100 * value).toFixed(1)} %`,
  count: (value) => String(Math.round(value)),
  seconds: (value) => `${value.toFixed(1)} s`,
  milliseconds: (value) => `${value.toFixed(2)} ms`,
};

function shownAs(unit: Measure['unit'], interval: MarkedInterval | null | undefined): string {
  if (!interval) return '–';
  const shown = UNITS[unit] ?? ((value: number) => value.toFixed(2));
  const { mean, low, high, n, failedChecks } = interval;
  const mark = failedChecks ? ` ${MARK}` : '';
  return n > 1 && low !== null && high !== null
    ? `${shown(mean)}${mark} [${shown(low)}, ${shown(high)}]`
    : shown(mean) + mark;
}

const cell = (metrics: MetricIntervals | undefined, metric: string): string =>
  shownAs(metric === 'accuracy' ? 'share' : 'return', metrics?.[metric]);

function headOf(groups: Pick<GroupSummary, 'model' | 'poisoning' | 'defense'>[]): string[] {
  const labels = (part: 'model' | 'poisoning' | 'defense') => {
    const applied = groups.flatMap((group) => group[part] ?? []);
    const names = labelsOf(applied);
    return groups.map((group) => (group[part] ? names[applied.indexOf(group[part])]! : null));
  };
  const [models, poisonings, defenses] = [labels('model'), labels('poisoning'), labels('defense')];
  const severalModels = new Set(models).size > 1;
  return groups.map((_, i) =>
    [severalModels ? models[i] : null, poisonings[i], defenses[i] ?? 'undefended']
      .filter(Boolean)
      .join(' + '),
  );
}

/** Whether a number may be believed; without a single check that ran, nothing can be said. */
const believable = ({ holds, checks }: Verdict): string =>
  checks.every(({ status }) => status === 'not-run') ? 'not checked' : holds ? 'yes' : 'no';

/** What stands for several seeds. */
const MEAN: Record<Task, string> = { classification: 'mean', 'reinforcement-learning': 'interquartile mean' };

/** More arms than this stand below each other: no terminal is as wide as their names beside each other. */
const MOST_COLUMNS = 6;

/**
 * A row an attack, a column an arm (over its seeds), and the 95 % interval where there are several seeds; the other way round
 * where there are many arms.
 */
export function resultTable(
  task: Task,
  { summary, transfers, warnings }: Summary & Partial<Pick<Shown, 'warnings'>>,
): string {
  if (summary.length === 0) return 'No arm has begun yet.';
  const metric = METRIC[task];
  // What the experiment attacks with comes first; triggers have a table of their own.
  const poisonings = summary.flatMap(({ poisoning }) => poisoning?.id ?? []);
  const attacks = labelsOf(summary[0]!.attacks.filter(({ id }) => !poisonings.includes(id)));
  const seeds = Math.max(...summary.map((group) => group.seeds.length));
  const heads = headOf(summary);
  const rows = [
    [seeds > 1 ? `${metric}, ${MEAN[task]} and 95 % interval over ${seeds} seeds` : metric, ...heads],
    ['no attack', ...summary.map(({ clean }) => cell(clean, metric))],
    ...attacks.map((label, i) => [label, ...summary.map((group) => cell(group.attacks[i]?.metrics, metric))]),
    [
      'worst case',
      ...summary.map(({ worstCase }) => shownAs(task === 'classification' ? 'share' : 'return', worstCase)),
    ],
    ['believable', ...summary.map(({ verdict }) => believable(verdict))],
  ];
  const turned = summary.length > MOST_COLUMNS ? rows[0]!.map((_, i) => rows.map((row) => row[i]!)) : rows;
  const doubtful = summary.some(({ verdict }) => verdict.checks.some(({ status }) => status === 'fail'));
  const failed = [
    ...(doubtful ? [`${MARK} a check of the verdict failed: the number is not to be believed`] : []),
    ...summary.flatMap(({ verdict }, i) => [
      ...(verdict.text ? [`${heads[i]}: ${verdict.text}`] : []),
      ...verdict.checks
        .filter(({ status }) => status === 'fail')
        .map(({ id, evidence }) => `${heads[i]}: ${id} fails: ${evidence}`),
    ]),
  ];
  const blocks = [
    toText(turned),
    poisoningTable(task, summary),
    task === 'reinforcement-learning' ? backdoorTable(summary) : '',
    certifiedTables(summary),
    detectorTable(summary),
    privacyTable(summary),
    failed.join('\n'),
    transferTables(summary, transfers ?? []),
    (warnings ?? []).map((message) => `Warning: ${message}`).join('\n'),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

const POISONING_METRICS = ['attackSuccessRate', 'targetSuccess', 'targetConfidence'];
const FILTER_METRICS = ['truePositiveRate', 'falsePositiveRate', 'removedSamples'];

/** A row an arm that was poisoned for a class or an input, or whose training set was filtered. */
function poisoningTable(task: Task, summary: GroupSummary[]): string {
  const heads = headOf(summary);
  const rows = summary.flatMap(({ poisoning, attacks, filter }, i) => {
    // Triggers that agents met have a table of their own.
    const reached =
      task === 'classification' && poisoning ? attacks.find(({ id }) => id === poisoning.id)?.metrics : null;
    return reached || filter ? [{ head: heads[i]!, metrics: { ...reached, ...filter } }] : [];
  });
  const names = [...POISONING_METRICS, ...FILTER_METRICS].filter((name) =>
    rows.some(({ metrics }) => metrics[name]),
  );
  if (names.length === 0) return '';
  return toText([
    ['poisoning', ...names.map((name) => MEASURES[name]!.title.toLowerCase())],
    ...rows.map(({ head, metrics }) => [head, ...names.map((name) => shownAs('share', metrics[name]))]),
  ]);
}

/** A row an arm and trigger: whether the agent obeys it, and would have done so anyway. */
function backdoorTable(summary: GroupSummary[]): string {
  const heads = headOf(summary);
  const names = ['return', 'attackSuccessRate', 'targetActionRate', 'cleanTargetActionRate'];
  const rows = summary.flatMap(({ attacks }, i) => {
    const labels = labelsOf(attacks);
    return attacks.flatMap(({ metrics }, at) =>
      metrics['attackSuccessRate'] && metrics['return']
        ? [
            [
              `${labels[at]} at ${heads[i]}`,
              ...names.map((name) => shownAs(MEASURES[name]!.unit, metrics[name])),
            ],
          ]
        : [],
    );
  });
  if (rows.length === 0) return '';
  return toText([
    ['under the trigger', ...names.map((name) => MEASURES[name]!.title.toLowerCase())],
    ...rows,
  ]);
}

/** For each norm a table of what is proven right at a radius, whatever is done to the inputs. */
function certifiedTables(summary: GroupSummary[]): string {
  const heads = headOf(summary);
  return CERTIFIED_NORMS.map((norm) => {
    const columns = summary.flatMap(({ certified }, i) =>
      certified?.norm === norm ? [{ head: heads[i]!, ...certified }] : [],
    );
    const radii = columns[0]?.accuracy ?? [];
    if (radii.length === 0) return '';
    return toText([
      [`certified accuracy at ${norm} radius`, ...columns.map(({ head }) => head)],
      ...radii.map(({ radius }, at) => [
        radius.toPrecision(3),
        ...columns.map(({ accuracy }) => cell({ accuracy: accuracy[at]! }, 'accuracy')),
      ]),
    ]);
  })
    .filter((block) => block !== '')
    .join('\n\n');
}

/** How well detectors tell attacks from clean inputs: against an oblivious attacker, and against one who evades them. */
function detectorTable(summary: GroupSummary[]): string {
  const heads = headOf(summary);
  const guarded = summary.flatMap(({ attacks }, i) =>
    attacks.some(({ metrics }) => metrics.obliviousAuc) ? [{ head: heads[i]!, attacks }] : [],
  );
  if (guarded.length === 0) return '';
  const both = (metrics: MetricIntervals, oblivious: string, adaptive: string) =>
    [oblivious, adaptive].map((name) => metrics[name]?.mean.toFixed(2) ?? '–').join(' → ');
  const labels = labelsOf(guarded[0]!.attacks);
  return toText([
    [
      'area under the ROC; found at 5 % false alarms: oblivious → adaptive',
      ...guarded.map(({ head }) => head),
    ],
    ...labels.map((label, at) => [
      label,
      ...guarded.map(({ attacks }) => {
        const { metrics } = attacks[at]!;
        return `${both(metrics, 'obliviousAuc', 'auc')}; ${both(metrics, 'obliviousTprAt5PercentFpr', 'tprAt5PercentFpr')}`;
      }),
    ]),
  ]);
}

/** What the attacks on privacy are told by, those of one kind in one table. */
const PRIVACY_METRICS = [
  ['auc', 'tprAt1PercentFpr', 'balancedAccuracy', 'baseRate', 'membershipAdvantage'],
  ['queries', 'copyAccuracy', 'fidelity', 'copyTransferRate', 'detectedAfter'],
  ['reconstructionConfidence', 'independentReading', 'nearestDistance'],
];
/** Tells the kinds apart: no other attack has these. */
const PRIVACY_KEYS = ['membershipAdvantage', 'copyAccuracy', 'independentReading'];

/** A table a kind of privacy attack, a row an attack and arm. */
function privacyTable(summary: GroupSummary[]): string {
  const heads = headOf(summary);
  return PRIVACY_METRICS.map((metrics, kind) => {
    const rows = summary.flatMap(({ attacks }, i) => {
      const labels = labelsOf(attacks);
      return attacks.flatMap((attack, at) =>
        attack.metrics[PRIVACY_KEYS[kind]!]
          ? [
              [
                `${labels[at]}, ${heads[i]}`,
                ...metrics.map((name) => shownAs(MEASURES[name]!.unit, attack.metrics[name])),
              ],
            ]
          : [],
      );
    });
    return rows.length ? toText([['', ...metrics.map((name) => MEASURES[name]!.title)], ...rows]) : '';
  })
    .filter((block) => block !== '')
    .join('\n\n');
}

/** A row a defence: what it gains and what it costs. `*`: nothing else is better in clean and worst-case accuracy at once. */
export function boardTable({ measures, rows }: Board): string {
  const heads = headOf(rows);
  return toText([
    ['trade-off (* Pareto front)', ...measures.map((name) => MEASURES[name]!.title.toLowerCase())],
    ...rows.map(({ values, onFront }, i) => [
      `${onFront ? '* ' : '  '}${heads[i]}`,
      ...measures.map((name) => shownAs(MEASURES[name]!.unit, values[name])),
    ]),
  ]);
}

/** The best defence for a demand, in a sentence, and why each of the others was left out. */
export function choiceText({ rows }: Board, demand: Demand): string {
  const heads = headOf(rows);
  const { best, leftOut } = chooseDefense(rows, demand);
  const asked = [
    `clean accuracy of at least ${(100 * demand.floor).toFixed(1)} %`,
    ...(Number.isFinite(demand.budget) ? [`training within ${demand.budget} s`] : []),
  ].join(' and ');
  const answer =
    best === null
      ? `For ${asked}: none.`
      : `For ${asked}: ${heads[best]}, worst case ${shownAs('share', rows[best]!.values.worstCase)}.`;
  const reasons = leftOut.flatMap((reason, i) => (reason ? [`  not ${heads[i]}: ${reason}`] : []));
  return [answer, ...reasons].join('\n');
}

/** Names of families of arms, as a table's head has them. */
const familyNames = (groups: GroupSummary[]): Map<string, string> => {
  const heads = headOf(groups);
  return new Map(groups.map((group, i) => [familyKey(group), heads[i]!]));
};

/**
 * For each attack a table of the transfer matrix, source by target: the transfer rate, mean over pairs of arms. On the
 * diagonal stand other seeds of the same family.
 */
export function transferTables(summary: GroupSummary[], transfers: TransferSummary[]): string {
  const names = familyNames(summary);
  const attacks = [
    ...new Map(transfers.map((each) => [JSON.stringify([each.id, each.params]), each])).values(),
  ];
  const labels = labelsOf(attacks);
  return attacks
    .map((attack, i) => {
      const same = transfers.filter(
        ({ id, params }) => id === attack.id && JSON.stringify(params) === JSON.stringify(attack.params),
      );
      const rate = (source: string, target: string): string => {
        const rates = same
          .filter((each) => familyKey(each.source) === source && familyKey(each.target) === target)
          .flatMap(({ metrics }) => metrics.transferRate ?? []);
        return rates.length
          ? `${((100 * rates.reduce((a, b) => a + b, 0)) / rates.length).toFixed(1)} %`
          : '–';
      };
      const keys = [...names.keys()];
      return toText([
        [`transfer rate of ${labels[i]}, from row to column`, ...names.values()],
        ...keys.map((source) => [names.get(source)!, ...keys.map((target) => rate(source, target))]),
      ]);
    })
    .join('\n\n');
}

/** Several sessions of one task in one table: a row for each arm, a column for each attack that any of them ran. `*`: best. */
export function comparisonTable(comparison: Comparison): string {
  const { rows, attackLabels, task } = comparison;
  const metric = COMPARED_METRIC[task].attacked;
  const grid = resultGrid(rows, attackLabels.length, metric);
  const { title, unit } = MEASURES[metric]!;
  const doubtful = rows.filter(({ failedChecks }) => failedChecks.length > 0);
  return [
    toText([
      [
        `${title.toLowerCase()}, ${MEAN[task]} and 95 % interval over seeds`,
        'seeds',
        'no attack',
        ...attackLabels,
      ],
      ...rows.map((row, y) => [
        row.family.label,
        String(row.seeds.length),
        ...grid.numbers[y]!.map((number) =>
          number ? `${number.best ? '* ' : ''}${shownAs(unit, number.sum)}` : '–',
        ),
      ]),
    ]),
    '* best of the column',
    ...(doubtful.length ? [`${MARK} a check of the verdict failed: the number is not to be believed`] : []),
  ].join('\n');
}

/** Where the experiments differ. */
export function differencesTable({ names, differences }: Comparison): string {
  if (differences.length === 0) return 'The experiments are the same but for their names.';
  const shown = (value: unknown): string =>
    value === undefined ? '(not set)' : typeof value === 'string' ? value : JSON.stringify(value);
  return toText([
    ['settings that differ', ...names],
    ...differences.map(({ path, values }) => [path, ...values.map(shown)]),
  ]);
}

/** Every other row against the reference: mean difference, p and the number of pairs. */
export function testsTable(
  { task, attackLabels }: Comparison,
  reference: string,
  tested: TestedRow[],
): string {
  const { attacked } = COMPARED_METRIC[task];
  const { unit } = MEASURES[attacked]!;
  const shown = (test: SeedTest | null): string =>
    test
      ? `${test.difference > 0 ? '+' : ''}${(UNITS[unit] ?? ((value: number) => value.toFixed(2)))(test.difference)} (${shownP(test)}, n = ${test.n})`
      : '–';
  return [
    toText([
      [`against ${reference}`, 'no attack', ...attackLabels],
      ...tested.map(({ row, tests }) => [row.family.label, ...tests.map(shown)]),
    ]),
    testNote(tested.flatMap(({ tests }) => tests.filter((test) => test !== null))),
  ].join('\n');
}
