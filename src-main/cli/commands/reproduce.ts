import type { Command } from 'commander';
import { LabError } from '../../contract/problem';
import { causesInWords, likelyCauses, shown } from '../../sessions/compare';
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
        const { compared, difference } = await reproduce(
          session,
          { experiment, inputs },
          abort.signal,
          (recorded) => progress.update({ ...recorded, at: Date.now() }),
        );
        progress.end();
        const causes = difference ? likelyCauses(header, provenance()) : [];
        if (json) {
          printJson({ identical: difference === null, compared, difference, causes });
        } else if (difference) {
          const { sequence, type, path, recorded, found } = difference;
          process.stdout.write(
            `Differs at event ${sequence} (${type}), ${path || 'its type'}: recorded ${shown(recorded)}, now ${shown(found)}.\n` +
              `${compared} events before it are identical. ${causesInWords(causes)}\n`,
          );
        } else {
          const status = session.status();
          process.stdout.write(
            `Identical: all ${compared} recorded events came again bit for bit.${status === 'done' ? '' : ` The session itself is ${status}.`}\n`,
          );
        }
        exit(difference ? EXIT.failed : EXIT.done);
      } catch (error) {
        progress.end();
        if (!abort.signal.aborted) throw error;
        exit(EXIT.interrupted);
      } finally {
        session.close();
      }
    });
