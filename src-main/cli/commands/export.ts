import type { Command } from 'commander';
import { catalog } from '../../contract/catalog-data';
import { Library } from '../../sessions/library';

const formats = catalog.filter(({ kind }) => kind === 'exporter').map(({ id }) => id);

export const defineExport = (program: Command): Command =>
  program
    .command('export')
    .argument('<session>', 'path, id or unique name of a session')
    .description('write a session in another format')
    .requiredOption('--format <format>', formats.join(', '))
    .requiredOption('--out <path>', 'file to write (tensorboard: folder)')
    .action(async (given: string, { format, out }: { format: string; out: string }) => {
      const file = new Library().find(given);
      const { exportSession } = await import('../../sessions/exporters');
      process.stdout.write(`${await exportSession(file, format, out)}\n`);
    });
