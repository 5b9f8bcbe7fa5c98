import { InvalidArgumentError, type Command } from 'commander';
import { chooseDefense, type Demand } from '../../contract/board';
import { Library } from '../../sessions/library';
import { withSession } from '../../sessions/reader';
import { show } from '../../sessions/show';
import { printJson } from '../answer';
import { boardTable, choiceText, resultTable } from '../table';

interface Options {
  json?: boolean;
  floor?: number;
  budget?: number;
}

const within =
  (most: number, what: string) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= 0 && value <= most)) throw new InvalidArgumentError(what);
    return value;
  };

export const defineShow = (program: Command): Command =>
  program
    .command('show')
    .argument('<session>', 'path, id or unique name of a session')
    .description('show what a session found, also while it is being written')
    .option('--json', 'print spec, status, arms, summary and trade-off board as JSON')
    .option(
      '--floor <share>',
      'name the best defence of at least this clean accuracy, 0 to 1',
      within(1, 'Expected a share from 0 to 1.'),
    )
    .option(
      '--budget <seconds>',
      'the same, of at most this training time',
      within(Infinity, 'Expected seconds from 0 on.'),
    )
    .action((given: string, { json, floor, budget }: Options) => {
      const file = new Library().find(given);
      const shown = withSession(file, show);
      const demand: Demand | null =
        floor === undefined && budget === undefined
          ? null
          : { floor: floor ?? 0, budget: budget ?? Infinity };
      const { board } = shown;
      if (json) {
        printJson({
          ...shown,
          ...(board && demand ? { choice: { floor, budget, ...chooseDefense(board.rows, demand) } } : {}),
        });
        return;
      }
      const blocks = [
        `${shown.name} (${shown.status})`,
        resultTable(shown.spec.task, shown),
        ...(board?.rows.length ? [boardTable(board)] : []),
        ...(board?.rows.length && demand ? [choiceText(board, demand)] : []),
        `Session: ${file}`,
      ];
      process.stdout.write(`${blocks.join('\n\n')}\n`);
    });
