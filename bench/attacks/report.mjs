/** Rows and verdicts (targets.mjs) as text and as Markdown tables. */
import { LAB } from './targets.mjs';

const DEFAULT_GOAL = 'untargeted';

/** The attack with what tells it from others of its kind. */
export const nameOf = ({ id, norm, params: { epsilon, loss, goal } }) =>
  [id, norm, epsilon, loss, goal === DEFAULT_GOAL ? undefined : goal]
    .filter((part) => part !== undefined)
    .join(' ');

const number = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const perCent = (share) => number(share === null ? NaN : 100 * share, 1);
const ratio = (a, b) => (a && b ? number(a / b, 2) : '–');
const table = (head, lines) =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** One measured row in a line, for the terminal while the run goes on. */
export function rowText(row) {
  if (row.error) return `${nameOf(row)}, ${row.tool}: ${row.error}`;
  return `${nameOf(row)}, ${row.tool}: ${perCent(row.success)} %, median ${number(row.median, 3)}, ${number(row.seconds, 2)} s`;
}

function measured(rows) {
  const indices = [...new Set(rows.map(({ index }) => index))].sort((a, b) => a - b);
  const lines = indices.flatMap((index) => {
    const same = rows.filter((row) => row.index === index);
    const lab = same.find(({ tool }) => tool === LAB);
    return same.map((row) => {
      const name = row === lab ? `\`${nameOf(row)}\`` : '';
      if (row.error) return [name, row.tool, `failed: ${row.error}`, ...Array(7).fill('')];
      const cells = [
        perCent(row.success),
        number(row.mean, 3),
        number(row.median, 3),
        number(row.queries, 0),
        number(row.gradients, 0),
        number(row.seconds, 2),
      ];
      const beside =
        row === lab ? ['', ''] : [ratio(lab.median, row.median), ratio(lab.seconds, row.seconds)];
      return [name, row.tool, ...cells, ...beside];
    });
  });
  return table(
    [
      'attack',
      'tool',
      'success %',
      'mean',
      'median',
      'queries',
      'gradients',
      'seconds',
      'median ÷',
      'seconds ÷',
    ],
    lines,
  );
}

function judged(found, rows) {
  const lines = found.map(({ model, index, title, value, limit, met }) => [
    model,
    `\`${nameOf(rows.find((row) => row.model === model && row.index === index))}\``,
    title,
    number(value, 3),
    number(limit, 3),
    met ? 'met' : `missed by ${number(Math.abs(value - limit), 3)}`,
  ]);
  return table(['model', 'attack', 'target', 'measured', 'limit', ''], lines);
}

/** The whole result: a table of measurements a model, the targets, and what this checkout lacks. */
export function results(rows, found, missing) {
  const models = [...new Set(rows.map(({ model }) => model))];
  const parts = models.map(
    (model) => `### ${model}\n\n${measured(rows.filter((row) => row.model === model))}`,
  );
  const met = found.filter((one) => one.met).length;
  parts.push(`### Targets: ${met} of ${found.length} met\n\n${judged(found, rows)}`);
  if (missing.length)
    parts.push(`Not in this checkout: ${missing.map((entry) => `\`${entry}\``).join(', ')}.`);
  return `${parts.join('\n\n')}\n`;
}
