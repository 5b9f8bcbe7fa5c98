import { InvalidArgumentError, type Command } from 'commander';
import { catalog } from '../../contract/catalog-data';
import { COMPARED_METRIC, testNote } from '../../contract/comparison';
import { LabError } from '../../contract/problem';
import { Library } from '../../sessions/library';
import { withSession } from '../../sessions/reader';
import { show, stateOf } from '../../sessions/show';
import {
  compare,
  testedAgainst,
  type ComparedState,
  type Comparison,
  type TestedRow,
} from '../../../src-renderer/charts/comparison';
import { CLEAN, nameAt } from '../../../src-renderer/charts/results';
import { printJson } from '../answer';
import { comparisonTable, differencesTable, testsTable } from '../table';

function place(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected the number of a row, from 1.');
  return value;
}

export const defineCompare = (program: Command): Command =>
  program
    .command('compare')
    .argument('<sessions...>', 'two or more sessions of one task: paths, ids or unique names')
    .description(
      'put the arms and attacks of several sessions into one table, with the settings that differ and paired tests over seeds',
    )
    .option('--reference <row>', 'row of the table that the others are tested against', place, 1)
    .option(
      '--json',
      'print {sessions, rows, differences, tests} as JSON; sessions are what “show --json” prints',
    )
    .action((given: string[], { json, reference }: { json?: boolean; reference: number }) => {
      if (given.length < 2) {
        throw new LabError(
          'compare',
          `found ${given.length} session; expected two or more`,
          'Name another one.',
        );
      }
      const library = new Library();
      const files = given.map((session) => library.find(session));
      const states = files.map((file, i) =>
        withSession(file, (session): ComparedState => ({
          id: given[i]!,
          header: session.header(),
          state: stateOf(session),
        })),
      );
      const first = states[0]!.header;
      const other = states.find(({ header }) => header.spec.task !== first.spec.task)?.header;
      if (other) {
        throw new LabError(
          other.name,
          `is a ${other.spec.task} session, “${first.name}” one of ${first.spec.task}: they share no metric`,
          'Compare sessions of one task.',
        );
      }
      const comparison = compare(states, catalog);
      const { rows } = comparison;
      if (rows.length > 0 && reference > rows.length) {
        throw new LabError(
          '--reference',
          `found ${reference}; the table has ${rows.length} rows`,
          'Count its rows from 1.',
        );
      }
      const against = rows[reference - 1];
      const tested = against ? testedAgainst(comparison, against.key) : [];
      if (json) {
        printJson({
          sessions: files.map((file) => withSession(file, show)),
          ...asJson(comparison, against?.family.label ?? null, tested),
        });
        return;
      }
      const blocks = [
        comparisonTable(comparison),
        differencesTable(comparison),
        ...(against ? [testsTable(comparison, against.family.label, tested)] : []),
      ];
      process.stdout.write(`${blocks.join('\n\n')}\n`);
    });

/** The table as numbers, and the tests by row; `attack` null is no attack. */
function asJson(comparison: Comparison, reference: string | null, tested: TestedRow[]) {
  const { names, rows, attacks, differences, task } = comparison;
  const metric = COMPARED_METRIC[task].attacked;
  const columns = [CLEAN, ...attacks.keys()];
  const attackAt = (column: number) => {
    const attack = attacks[column];
    return attack ? { id: attack.id, params: attack.params } : null;
  };
  return {
    rows: rows.map((row) => ({
      ...{ session: names[row.session], arm: row.family.label, seeds: row.seeds },
      failedChecks: row.failedChecks,
      cells: columns.map((column) => {
        const name = nameAt(column, metric);
        const sums = column === CLEAN ? row.clean : row.attacks[column];
        return { attack: attackAt(column), metric: name, value: sums?.[name] ?? null };
      }),
    })),
    differences,
    tests: {
      reference,
      note: testNote(tested.flatMap(({ tests }) => tests.filter((test) => test !== null))),
      rows: tested.map(({ row, tests }) => ({
        arm: row.family.label,
        tests: columns.map((column, i) => ({ attack: attackAt(column), ...(tests[i] ?? { n: 0 }) })),
      })),
    },
  };
}
