/** The engine process: one run, one export, one reproduction, or a duel, asked for by main over its message port. */
// First of all: TensorFlow registers itself as the backend.
import '@tensorflow/tfjs-node';
import { constants, setPriority } from 'node:os';
import type { EngineCommand, EngineReport } from '../contract/engine-port';
import { LabError, problemFrom } from '../contract/problem';
import type { Reproduction } from '../contract/reproduction';
import { exportSession } from '../sessions/exporters';
import { grantsOf } from '../sessions/grants';
import { SessionReader } from '../sessions/reader';
import { SessionWriter } from '../sessions/writer';
import { DuelTable } from './duel-table';
import { checkedSpec, loadInputs } from './inputs';
import { Outbox } from './outbox';
import { provenance } from './provenance';
import { reproduce } from './reproduction';
import { SessionRun, type Ending } from './session-run';

const report = (message: EngineReport) => process.parentPort.postMessage(message);

// The window comes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

let current: SessionRun | null = null;
const table = new DuelTable();

process.parentPort.on('message', ({ data }: { data: EngineCommand }) => {
  switch (data.command) {
    case 'run':
      void runSession(data.file, data.grants).then(({ status, problem }) =>
        end({ report: 'ended', status, problem }),
      );
      break;
    case 'export':
      void exportSession(data.file, data.format, data.out).then(
        (out) => end({ report: 'exported', out }),
        (error: unknown) => end({ report: 'export-failed', problem: problemFrom(error, data.out) }),
      );
      break;
    case 'reproduce':
      void reproduceSession(data.file, data.grants).then(
        (outcome) => end({ report: 'reproduced', outcome }),
        (error: unknown) => end({ report: 'not-reproduced', problem: problemFrom(error, data.file) }),
      );
      break;
    case 'duel': {
      const { number } = data;
      void table.answer(data).then(
        (answer) => report({ report: 'duel-answer', number, answer }),
        (error: unknown) => report({ report: 'duel-refused', number, problem: problemFrom(error, 'duel') }),
      );
      break;
    }
    case 'pause':
      current?.pause();
      break;
    case 'continue':
      current?.continue();
      break;
    case 'stop':
      current?.stop();
      break;
  }
});

async function runSession(file: string, granted: string[]): Promise<Ending> {
  const outbox = new Outbox((events) => report({ report: 'events', events }));
  try {
    const writer = SessionWriter.open(file, provenance());
    const run = new SessionRun(
      writer,
      (recorded) => outbox.push(recorded),
      (now) => (now ? outbox.flush() : outbox.flushIfDue()),
    );
    current = run;
    return await run.toEnd(async (signal) => {
      const experiment = checkedSpec(writer.header().spec);
      return { experiment, inputs: await loadInputs(experiment, grantsOf(granted), signal) };
    });
  } catch (error) {
    return { status: 'failed', problem: problemFrom(error, file) };
  } finally {
    outbox.close();
  }
}

/** How often progress is told, in milliseconds. */
const EVERY = 100;

async function reproduceSession(file: string, granted: string[]): Promise<Reproduction> {
  const session = SessionReader.open(file);
  try {
    session.check();
    const of = session.last();
    if (of === 0) throw new LabError(file, 'nothing was recorded yet', 'Run it first.');
    const experiment = checkedSpec(session.header().spec);
    const inputs = await loadInputs(experiment, grantsOf(granted));
    let told = 0;
    let compared = 0;
    // Main stops it by ending the process.
    const { signal } = new AbortController();
    return await reproduce(session, { experiment, inputs }, provenance(), signal, () => {
      compared++;
      if (performance.now() - told < EVERY) return;
      told = performance.now();
      report({ report: 'reproducing', compared, of });
    });
  } finally {
    session.close();
  }
}

/** Says the last word. Main then ends this process: a message sent just before an exit of its own could be lost. */
function end(message: EngineReport): void {
  report(message);
}
