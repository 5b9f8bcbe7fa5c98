/** Runs a session to its end before the eyes of a terminal: for `run` and `resume`. */
import { pathsOf } from '../contract/experiment';
import { catalog } from '../contract/catalog-data';
import type { Experiment } from '../contract/experiment';
import type { Problem } from '../contract/events';
import type { Grants } from '../contract/dataset';
import { grantsOf } from '../sessions/grants';
import { withSession } from '../sessions/reader';
import { show } from '../sessions/show';
import type { Provenance } from '../sessions/compare';
import { SessionWriter } from '../sessions/writer';
import type { Inputs } from '../engine/task';
import { EXIT, printJson, printProblem } from './answer';
import { onInterrupt } from './interrupt';
import { Progress } from './progress';
import { resultTable } from './table';

/** What is named in an experiment given on the command line is granted by that. */
export const grantsFor = (experiment: Experiment): Grants =>
  grantsOf(pathsOf(experiment, catalog).map(({ path }) => path));

/** Places in the experiment: a failure there is the input's fault, however late it shows. */
const INPUT = /^(dataset|model|environment|agent|poisoning|defenses|attacks|forkedFrom)(\.|$)/;

const exitCodeOf = (status: 'done' | 'stopped' | 'failed', problem: Problem | null): number => {
  if (status === 'done') return EXIT.done;
  if (status === 'stopped') return EXIT.interrupted;
  return problem && INPUT.test(problem.place) ? EXIT.refused : EXIT.failed;
};

export async function perform(
  file: string,
  provenance: Provenance,
  load: () => Promise<{ experiment: Experiment; inputs: Inputs }>,
  { json = false }: { json?: boolean },
): Promise<number> {
  const { SessionRun } = await import('../worker/session-run');
  const writer = SessionWriter.open(file, provenance);
  const progress = new Progress(json);
  // A resumed run goes on from what its session shows.
  withSession(file, (session) =>
    [...session.stream({ light: true })].forEach((recorded) => progress.update(recorded)),
  );
  const run = new SessionRun(writer, (recorded) => progress.update(recorded));
  onInterrupt(() => run.stop());
  const { status, problem } = await run.toEnd(load);
  progress.end();
  if (problem) printProblem(problem);
  withSession(file, (session) => {
    const shown = show(session);
    if (json) printJson({ file, id: session.header().id, ...shown });
    else
      process.stdout.write(`${resultTable(shown.spec.task, shown)}\n\nSession (${shown.status}): ${file}\n`);
  });
  return exitCodeOf(status, problem);
}
