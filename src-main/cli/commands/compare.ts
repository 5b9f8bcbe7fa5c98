import type { Command } from 'commander';
import { LabError } from '../../contract/problem';
import { Library } from '../../sessions/library';
import { withSession } from '../../sessions/reader';
import { show } from '../../sessions/show';
import { printJson } from '../answer';
import { comparisonTable } from '../table';

export const defineCompare = (program: Command): Command =>
  program
    .command('compare')
    .argument('<sessions...>', 'two or more sessions of one task: paths, ids or unique names')
    .description('put the arms and attacks of several sessions into one table')
    .option('--json', 'print what “show --json” prints of each, as a list')
    .action((given: string[], { json }: { json?: boolean }) => {
      if (given.length < 2) {
        throw new LabError(
          'compare',
          `found ${given.length} session; expected two or more`,
          'Name another one.',
        );
      }
      const library = new Library();
      const shown = given.map((session) => withSession(library.find(session), show));
      const [first, other] = [shown[0]!, shown.find(({ spec }) => spec.task !== shown[0]!.spec.task)];
      if (other) {
        throw new LabError(
          other.name,
          `is a ${other.spec.task} session, “${first.name}” one of ${first.spec.task}: they share no metric`,
          'Compare sessions of one task.',
        );
      }
      if (json) printJson(shown);
      else {
        // Sessions of one experiment have one name: they are told apart by how they were given.
        const named = shown.map((session, i) => ({
          ...session,
          name: shown.filter(({ name }) => name === session.name).length > 1 ? given[i]! : session.name,
        }));
        process.stdout.write(`${comparisonTable(first.spec.task, named)}\n`);
      }
    });
