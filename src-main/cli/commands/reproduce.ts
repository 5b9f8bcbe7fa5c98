import type { Command } from 'commander';
import { LabError } from '../../contract/problem';
import { inWords } from '../../contract/reproduction';
import { Library } from '../../sessions/library';
import { SessionReader } from '../../sessions/reader';
import { EXIT, printJson } from '../answer';
import { onInterrupt } from '../interrupt';
import { grantsFor } from '../perform';
import { Progress } from '../progress';

export const defineReproduce = (program: Command, exit: (code: number) => void): Command =>
  program
    .command('reproduce')
    .argument('<session>', 'path, id or unique name of a session')
    .description('run a session again and check that every event is bit-identical, wall-clock fields aside')
    .option('--json', 'print {identical, compared, difference, causes} as JSON')
    .action(async (given: string, { json = false }: { json?: boolean }) => {
      const file = new Library().find(given);
      const session = SessionReader.open(file);
      session.check();
      const header = session.header();
      if (session.last() === 0) throw new LabError(given, 'nothing was recorded yet', 'Run it first.');
      const [{ provenance }, { loadInputs, checkedSpec }, { reproduce }] = await Promise.all([
        import('../../worker/provenance'),
        import('../../worker/inputs'),
        import('../../worker/reproduction'),
      ]);
      const experiment = checkedSpec(header.spec);
      const inputs = await loadInputs(experiment, grantsFor(experiment));
      const progress = new Progress(json);
      const abort = new AbortController();
      onInterrupt(() => abort.abort());
      try {
        // Times are this run's, since the time left is estimated from them.
        const outcome = await reproduce(
          session,
          { experiment, inputs },
          provenance(),
          abort.signal,
          (recorded) => progress.update({ ...recorded, at: Date.now() }),
        );
        progress.end();
        if (json) printJson(outcome);
        else {
          const status = session.status();
          const whole = !outcome.identical || status === 'done' ? '' : ` The session itself is ${status}.`;
          process.stdout.write(`${inWords(outcome)}${whole}\n`);
        }
        exit(outcome.identical ? EXIT.done : EXIT.failed);
      } catch (error) {
        progress.end();
        if (!abort.signal.aborted) throw error;
        exit(EXIT.interrupted);
      } finally {
        session.close();
      }
    });
