import { accessSync, constants } from 'node:fs';
import { basename, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { LabError } from '../../contract/problem';
import { Library, makeFolder, newSessionFile, SESSION_ENDING } from '../../sessions/library';
import { createSession } from '../../sessions/writer';
import { givenExperiment, type Overrides } from '../experiment-file';
import { grantsFor, perform } from '../perform';

function seeds(value: string, before: number[] | undefined): number[] {
  if (!/^\d+$/.test(value))
    throw new InvalidArgumentError('A whole number is expected (FILE goes before --seed).');
  return [...(before ?? []), Number(value)];
}

function writableFolder(folder: string): string {
  makeFolder(folder);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new LabError(folder, 'the folder may not be written', 'Choose another for --out.');
  }
  return folder;
}

export const defineRun = (program: Command, exit: (code: number) => void): Command =>
  program
    .command('run')
    .argument('<file>', 'experiment file (YAML or JSON), or the name of a built-in bout')
    .description('run an experiment and record it as a session')
    .option('--out <folder>', 'write the session there instead of into the library')
    .option('--seed <n...>', 'seeds, instead of those in the file', seeds)
    .option(
      '--set <path=value...>',
      'change a value of the experiment, for instance training.epochs=2 or attacks.0.epsilon=[0.1,0.3]',
    )
    .option('--json', 'print one JSON object in the end: file, id and what “show --json” prints')
    .action(async (given: string, options: Overrides & { out?: string; json?: boolean }) => {
      const { source, experiment } = givenExperiment(given, options);
      const folder = writableFolder(options.out ? resolve(options.out) : new Library().folder);
      const [{ provenance }, { loadInputs }] = await Promise.all([
        import('../../worker/provenance'),
        import('../../worker/inputs'),
      ]);
      // Loaded before the session is created: data that are refused leave none behind.
      const inputs = await loadInputs(experiment, grantsFor(experiment));
      const now = new Date();
      const file = newSessionFile(folder, experiment.name, now);
      const from = provenance();
      createSession(file, {
        id: basename(file, SESSION_ENDING),
        name: experiment.name,
        source,
        spec: experiment,
        createdAt: now.getTime(),
        ...from,
      });
      exit(await perform(file, from, () => Promise.resolve({ experiment, inputs }), options));
    });
