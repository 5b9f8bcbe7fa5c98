/**
 * Runs recorded sessions again, one at a time, each in an engine process of its own, beside whatever else is at work. It only
 * reads the session. Knows no Electron: `spawn` starts the processes.
 */
import { LabError } from '../contract/problem';
import type { ReproductionState } from '../contract/reproduction';
import type { EngineProcess } from './engine-host';

export class Reproducer {
  private current: { state: ReproductionState; process: EngineProcess } | null = null;

  /** @param told of every step, and of the end */
  constructor(
    private readonly spawn: () => EngineProcess,
    private readonly told: (state: ReproductionState) => void,
  ) {}

  start(session: { id: string; file: string; events: number; grants: string[] }): void {
    const { id, file, events: of, grants } = session;
    if (this.current) {
      throw new LabError(
        this.current.state.id,
        'this session is being run again; one at a time',
        'Wait for it, or stop it.',
      );
    }
    const process = this.spawn();
    const current = {
      state: { id, compared: 0, of, outcome: null, problem: null } as ReproductionState,
      process,
    };
    this.current = current;
    const change = (state: Partial<ReproductionState>) => {
      if (this.current !== current) return;
      current.state = { ...current.state, ...state };
      if (current.state.outcome || current.state.problem) this.current = null;
      this.told(current.state);
    };
    process.onReport((report) => {
      if (report.report === 'reproducing') change({ compared: report.compared, of: report.of });
      if (report.report === 'reproduced')
        change({ compared: report.outcome.compared, outcome: report.outcome });
      if (report.report === 'not-reproduced') change({ problem: report.problem });
      if (report.report !== 'reproducing') process.kill();
    });
    process.onExit((code, lastWords) =>
      change({
        problem: {
          place: id,
          message: `the engine process ended unexpectedly (exit code ${code})${lastWords ? `: ${lastWords}` : ''}`,
          remedy: 'The session is as it was. Try again.',
        },
      }),
    );
    process.post({ command: 'reproduce', file, grants });
    this.told(current.state);
  }

  /** Lets it be; nothing is told any more. */
  stop(): void {
    const { current } = this;
    this.current = null;
    current?.process.kill();
  }
}
