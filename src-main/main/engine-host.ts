/**
 * Runs sessions, one engine process each, one at a time: the queue, what each run is doing, and what is left when a
 * process dies. Knows no Electron: `spawn` starts the processes.
 */
import type { EngineCommand, EngineReport } from '../contract/engine-port';
import type { Problem, RecordedEvent } from '../contract/events';
import type { RunRow } from '../contract/lab-api';
import { LabError } from '../contract/problem';

/** An engine process, as the host handles it. */
export interface EngineProcess {
  post(command: EngineCommand): void;
  onReport(listener: (report: EngineReport) => void): void;
  /** `lastWords` is the end of what it wrote to its standard error. */
  onExit(listener: (code: number, lastWords: string) => void): void;
  kill(): void;
}

export interface HostListener {
  events(id: string, events: RecordedEvent[]): void;
  runs(rows: RunRow[]): void;
  ended(row: RunRow, seconds: number): void;
}

interface Run {
  row: RunRow;
  file: string;
  grants: string[];
  process: EngineProcess | null;
  startedAt: number;
}

/** Ended runs stay listed for a while, so that the window can tell how they ended. */
const ENDED_KEPT = 20;

/** How long a stopped run may take to come to the next point where it can be stopped, in milliseconds. */
const STOP_PATIENCE = 30_000;

const ACTIVE: readonly RunRow['status'][] = ['queued', 'running', 'paused'];

export class EngineHost {
  private list: Run[] = [];
  private closing = false;
  private idle: (() => void) | null = null;

  constructor(
    private readonly spawn: () => EngineProcess,
    private readonly listener: HostListener,
    private readonly now: () => number = () => performance.now(),
  ) {}

  runs(): RunRow[] {
    return this.list.map(({ row }) => ({ ...row }));
  }

  /** The run that is queued or at work under this id. */
  active(id: string): RunRow | null {
    return this.list.find(({ row }) => row.id === id && ACTIVE.includes(row.status))?.row ?? null;
  }

  enqueue({ id, name, file, grants }: { id: string; name: string; file: string; grants: string[] }): void {
    if (this.active(id)) throw new LabError(name, 'this session is running already');
    this.list = this.list.filter(({ row }) => row.id !== id);
    this.list.push({
      row: { id, name, status: 'queued', problem: null },
      file,
      grants,
      process: null,
      startedAt: 0,
    });
    this.startNext();
    this.changed();
  }

  pause(id: string): void {
    this.atWork(id).post({ command: 'pause' });
  }

  continue(id: string): void {
    this.atWork(id).post({ command: 'continue' });
  }

  stop(id: string): void {
    const run = this.find(id);
    if (!run.process) {
      this.finish(run, 'stopped', null);
      return;
    }
    const { process } = run;
    process.post({ command: 'stop' });
    setTimeout(() => run.process === process && process.kill(), STOP_PATIENCE).unref();
  }

  /** Stops what is at work in an orderly way, and by force after `patience` milliseconds. Nothing starts any more. */
  async close(patience: number): Promise<void> {
    this.closing = true;
    const atWork = this.list.filter(({ process }) => process);
    if (atWork.length === 0) return;
    const ended = new Promise<void>((resolve) => (this.idle = resolve));
    atWork.forEach(({ process }) => process!.post({ command: 'stop' }));
    const timer = setTimeout(() => atWork.forEach(({ process }) => process?.kill()), patience);
    await ended;
    clearTimeout(timer);
  }

  /** Writes an export in a process of its own; resolves to its path. */
  export(file: string, format: string, out: string): Promise<string> {
    const process = this.spawn();
    return new Promise<string>((resolve, reject) => {
      process.onReport((report) => {
        if (report.report === 'exported') resolve(report.out);
        if (report.report === 'export-failed')
          reject(new LabError(report.problem.place, report.problem.message, report.problem.remedy));
        process.kill();
      });
      process.onExit((code, lastWords) =>
        reject(new LabError(out, `the export ended unexpectedly (${code}). ${lastWords}`, 'Try again.')),
      );
      process.post({ command: 'export', file, format, out });
    });
  }

  private find(id: string): Run {
    const run = this.list.find(({ row }) => row.id === id && ACTIVE.includes(row.status));
    if (!run) throw new LabError(id, 'this run is not running', 'It may just have ended.');
    return run;
  }

  private atWork(id: string): EngineProcess {
    const { process, row } = this.find(id);
    if (!process)
      throw new LabError(row.name, 'this run has not begun yet', 'Wait for its turn, or stop it.');
    return process;
  }

  private startNext(): void {
    if (this.closing || this.list.some(({ process }) => process)) return;
    const next = this.list.find(({ row }) => row.status === 'queued');
    if (!next) return;
    const process = this.spawn();
    next.process = process;
    next.startedAt = this.now();
    next.row.status = 'running';
    process.onReport((report) => this.reported(next, report));
    process.onExit((code, lastWords) => this.died(next, code, lastWords));
    process.post({ command: 'run', file: next.file, grants: next.grants });
  }

  private reported(run: Run, report: EngineReport): void {
    if (report.report === 'events') {
      this.listener.events(run.row.id, report.events);
      const turn = report.events
        .filter(({ event }) => event.type === 'run-paused' || event.type === 'run-continued')
        .at(-1);
      const status = turn && (turn.event.type === 'run-paused' ? 'paused' : 'running');
      if (status && status !== run.row.status) {
        run.row.status = status;
        this.changed();
      }
    }
    if (report.report === 'ended') {
      const { process } = run;
      this.finish(run, report.status, report.problem);
      process?.kill();
    }
  }

  private died(run: Run, code: number, lastWords: string): void {
    if (!run.process) return;
    this.finish(run, 'interrupted', {
      place: run.row.name,
      message: `the engine process ended unexpectedly (exit code ${code})${lastWords ? `: ${lastWords}` : ''}`,
      remedy: 'Everything up to then is recorded. Resume takes the run up from its last checkpoint.',
    });
  }

  private finish(run: Run, status: RunRow['status'], problem: Problem | null): void {
    const seconds = run.process ? (this.now() - run.startedAt) / 1000 : 0;
    run.process = null;
    run.row.status = status;
    run.row.problem = problem;
    const ended = this.list.filter(({ row }) => !ACTIVE.includes(row.status));
    this.list = this.list.filter((other) => !ended.slice(0, -ENDED_KEPT).includes(other));
    this.listener.ended({ ...run.row }, seconds);
    this.startNext();
    this.changed();
    if (!this.list.some(({ process }) => process)) this.idle?.();
  }

  private changed(): void {
    this.listener.runs(this.runs());
  }
}
