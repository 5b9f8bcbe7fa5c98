import type { Command } from 'commander';
import { Library } from '../../sessions/library';
import { withSession } from '../../sessions/reader';
import { LabError } from '../../contract/problem';
import { grantsFor, perform } from '../perform';

export const defineResume = (program: Command, exit: (code: number) => void): Command =>
  program
    .command('resume')
    .argument('<session>', 'path, id or unique name of a session')
    .description('take up a stopped, failed or interrupted run from its last checkpoint')
    .option('--json', 'print one JSON object in the end, as “run --json” does')
    .action(async (given: string, options: { json?: boolean }) => {
      const file = new Library().find(given);
      const { spec, status } = withSession(file, (session) => ({
        ...session.header(),
        status: session.status(),
      }));
      if (status === 'done')
        throw new LabError(given, 'this run is finished', '“sparring reproduce” runs it again and compares.');
      const [{ provenance }, { loadInputs, checkedSpec }] = await Promise.all([
        import('../../worker/provenance'),
        import('../../worker/inputs'),
      ]);
      const experiment = checkedSpec(spec);
      const inputs = await loadInputs(experiment, grantsFor(experiment));
      exit(await perform(file, provenance(), () => Promise.resolve({ experiment, inputs }), options));
    });
