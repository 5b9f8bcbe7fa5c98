/** One run of one session: the engine's events into the file, pause and stop into the engine. Window and command line share it. */
import { setImmediate } from 'node:timers/promises';
import type { Problem, RecordedEvent, RunEvent } from '../contract/events';
import type { Experiment } from '../contract/experiment';
import { problemFrom } from '../contract/problem';
import type { Host } from '../engine/context';
import { run } from '../engine/run';
import type { Inputs } from '../engine/task';
import type { SessionWriter } from '../sessions/writer';

export interface Ending {
  status: 'done' | 'stopped' | 'failed';
  problem: Problem | null;
}

/** What is run: a checked experiment with everything it names loaded. */
export interface Job {
  experiment: Experiment;
  inputs: Inputs;
}

export class SessionRun {
  private readonly abort = new AbortController();
  /** Set while the run is paused: lets it go on. */
  private release: (() => void) | null = null;
  private pausing: Promise<void> | null = null;

  /**
   * @param recorded told of every new event once it is in the file
   * @param letOut called whenever the engine lets others work; with `now` before a long write, which would hold back
   *   what waits to be sent
   */
  constructor(
    private readonly writer: SessionWriter,
    private readonly recorded: (event: RecordedEvent) => void,
    private readonly letOut: (now: boolean) => void = () => {},
  ) {}

  pause(): void {
    this.pausing ??= new Promise((resolve) => (this.release = resolve));
  }

  continue(): void {
    this.release?.();
    this.pausing = null;
    this.release = null;
  }

  stop(): void {
    this.abort.abort();
    this.continue();
  }

  /**
   * Runs to the end and closes the session and a remote model. A session that has events is taken up from its last
   * checkpoint. Never throws: what goes wrong is recorded, as far as the file can still be written.
   */
  async toEnd(load: (signal: AbortSignal) => Promise<Job>): Promise<Ending> {
    try {
      const ending = await this.attempt(load);
      this.writer.close();
      return ending;
    } catch (error) {
      return { status: 'failed', problem: problemFrom(error, this.writer.file) };
    }
  }

  private async attempt(load: (signal: AbortSignal) => Promise<Job>): Promise<Ending> {
    let inputs: Inputs | null = null;
    try {
      const resumed = this.writer.resume();
      if (resumed) this.recorded(resumed.recorded);
      const job = await load(this.abort.signal);
      inputs = job.inputs;
      this.abort.signal.throwIfAborted();
      await run({ ...job, host: this.host(), resume: resumed?.point ?? null });
      return { status: 'done', problem: null };
    } catch (error) {
      if (this.abort.signal.aborted && error === this.abort.signal.reason) {
        this.emit({ type: 'run-stopped' });
        return { status: 'stopped', problem: null };
      }
      const problem = problemFrom(error, 'run');
      this.emit({ type: 'run-failed', error: problem });
      return { status: 'failed', problem };
    } finally {
      await inputs?.remoteModel?.close();
    }
  }

  private emit(event: RunEvent): void {
    if (event.type === 'checkpoint' || event.type === 'trained') this.letOut(true);
    const recorded = this.writer.append(event);
    if (recorded) this.recorded(recorded);
  }

  private host(): Host {
    const start = performance.now();
    return {
      signal: this.abort.signal,
      now: () => (performance.now() - start) / 1000,
      emit: (event) => this.emit(event),
      breathe: async () => {
        this.letOut(false);
        await setImmediate();
        if (this.pausing) {
          this.emit({ type: 'run-paused' });
          this.letOut(false);
          await this.pausing;
          if (!this.abort.signal.aborted) this.emit({ type: 'run-continued' });
        }
        this.abort.signal.throwIfAborted();
      },
    };
  }
}
