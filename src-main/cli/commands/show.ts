import type { Command } from 'commander';
import { Library } from '../../sessions/library';
import { withSession } from '../../sessions/reader';
import { show } from '../../sessions/show';
import { printJson } from '../answer';
import { resultTable } from '../table';

export const defineShow = (program: Command): Command =>
  program
    .command('show')
    .argument('<session>', 'path, id or unique name of a session')
    .description('show what a session found, also while it is being written')
    .option('--json', 'print spec, status, arms and summary as JSON')
    .action((given: string, { json }: { json?: boolean }) => {
      const file = new Library().find(given);
      const shown = withSession(file, show);
      if (json) printJson(shown);
      else
        process.stdout.write(
          `${shown.name} (${shown.status})\n\n${resultTable(shown.spec.task, shown)}\n\nSession: ${file}\n`,
        );
    });
