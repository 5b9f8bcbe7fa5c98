import { Argument, type Command } from 'commander';
import { bouts } from '../../contract/bouts';
import type { Kind } from '../../contract/catalog';
import { catalog } from '../../contract/catalog-data';
import { Library } from '../../sessions/library';
import { printJson } from '../answer';
import { toText } from '../table';

const PLURALS: Record<Kind, string> = {
  attack: 'attacks',
  defense: 'defenses',
  environment: 'environments',
  agent: 'agents',
  model: 'models',
  dataset: 'datasets',
  exporter: 'exporters',
};
const KINDS = Object.keys(PLURALS) as Kind[];
const OTHERS = ['bouts', 'sessions'];

export const defineList = (program: Command): Command =>
  program
    .command('list')
    .addArgument(
      new Argument('[kind]', 'what to list').choices([...KINDS, ...Object.values(PLURALS), ...OTHERS]),
    )
    .description('list what can be used in an experiment, the built-in bouts, or the sessions of the library')
    .option('--json', 'print JSON, with parameters and their ranges')
    .action(async (kind: string | undefined, { json }: { json?: boolean }) => {
      if (kind === 'sessions') {
        const rows = await new Library().list();
        if (json) printJson(rows);
        else {
          const lines = rows.map((row) => [
            row.id,
            row.name,
            row.problem ?? row.status,
            `${row.armsDone}/${row.arms} arms`,
            new Date(row.createdAt).toLocaleString(),
          ]);
          process.stdout.write(
            rows.length
              ? `${toText(lines, 'left')}\n`
              : 'The library is empty: “sparring run article” records a first session.\n',
          );
        }
        return;
      }
      if (kind === 'bouts') {
        if (json) printJson(bouts.map(({ id, name, description }) => ({ id, name, description })));
        else
          process.stdout.write(
            `${bouts.map(({ id, description }) => `${id}\n  ${description}`).join('\n')}\n`,
          );
        return;
      }
      const entries = catalog.filter((entry) => !kind || entry.kind === kind || PLURALS[entry.kind] === kind);
      if (json) {
        printJson(entries);
        return;
      }
      for (const of of KINDS) {
        const group = entries.filter((entry) => entry.kind === of);
        if (group.length === 0) continue;
        const lines = group.map(
          ({ id, title, params }) =>
            `  ${id}: ${title}${Object.keys(params).length ? ` (${Object.keys(params).join(', ')})` : ''}`,
        );
        process.stdout.write(`${PLURALS[of]}\n${lines.join('\n')}\n`);
      }
    });
