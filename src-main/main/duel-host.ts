/**
 * The duel between a person and a recorded agent: one engine process, which holds the agent and answers turns. Whatever
 * befalls it befalls the duel alone. Knows no Electron: `spawn` starts the process.
 */
import type { DuelAnswers, DuelAsk, DuelAsks } from '../contract/duel';
import type { EngineReport } from '../contract/engine-port';
import type { Problem } from '../contract/events';
import { LabError } from '../contract/problem';
import type { EngineProcess } from './engine-host';

/** An agent nobody asks for this long is let go, in milliseconds. */
const IDLE = 600_000;
/** A process that does not answer for this long is given up. */
const PATIENCE = 120_000;

interface Waiting {
  resolve(answer: DuelAnswers[keyof DuelAnswers]): void;
  reject(error: LabError): void;
  timer: NodeJS.Timeout;
}

interface Table {
  process: EngineProcess;
  waiting: Map<number, Waiting>;
  idle: NodeJS.Timeout | null;
}

const thrown = ({ place, message, remedy }: Problem): LabError => new LabError(place, message, remedy);

export class DuelHost {
  private table: Table | null = null;
  private asked = 0;

  constructor(
    private readonly spawn: () => EngineProcess,
    private readonly patience = PATIENCE,
    private readonly idle = IDLE,
  ) {}

  /** `begin` starts a process where there is none; it and its agent are kept for the next. */
  ask<A extends keyof DuelAsks>(what: A, ask: DuelAsks[A]): Promise<DuelAnswers[A]> {
    if (!this.table && what !== 'begin') {
      return Promise.reject(new LabError('duel', 'it is over', 'Begin another.'));
    }
    const table = (this.table ??= this.open());
    const number = ++this.asked;
    if (table.idle) clearTimeout(table.idle);
    table.idle = setTimeout(() => this.close(table, 'nobody took a turn for a while'), this.idle);
    table.idle.unref();
    return new Promise<DuelAnswers[A]>((resolve, reject) => {
      const timer = setTimeout(() => this.close(table, 'the engine did not answer'), this.patience);
      timer.unref();
      table.waiting.set(number, { resolve: resolve as Waiting['resolve'], reject, timer });
      table.process.post({ command: 'duel', number, ...({ what, ask } as DuelAsk) });
    });
  }

  end(): void {
    if (this.table) this.close(this.table, 'it was ended');
  }

  private open(): Table {
    const table: Table = { process: this.spawn(), waiting: new Map(), idle: null };
    table.process.onReport((report) => this.reported(table, report));
    table.process.onExit((code, lastWords) =>
      this.close(
        table,
        `the engine process ended unexpectedly (exit code ${code})${lastWords ? `: ${lastWords}` : ''}`,
      ),
    );
    return table;
  }

  private reported({ waiting }: Table, report: EngineReport): void {
    if (report.report !== 'duel-answer' && report.report !== 'duel-refused') return;
    const asked = waiting.get(report.number);
    if (!asked) return;
    waiting.delete(report.number);
    clearTimeout(asked.timer);
    if (report.report === 'duel-answer') asked.resolve(report.answer);
    else asked.reject(thrown(report.problem));
  }

  private close(table: Table, why: string): void {
    if (this.table === table) this.table = null;
    if (table.idle) clearTimeout(table.idle);
    for (const { reject, timer } of table.waiting.values()) {
      clearTimeout(timer);
      reject(new LabError('duel', why, 'Begin another.'));
    }
    table.waiting.clear();
    table.process.kill();
  }
}
