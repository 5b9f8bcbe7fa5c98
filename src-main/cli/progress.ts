/** Progress of a run on standard error: a bar with the time left on a terminal, a line every few seconds elsewhere. */
import { SingleBar } from 'cli-progress';
import type { RecordedEvent } from '../contract/events';
import { fold, initialState, secondsLeft, type RunState } from '../contract/fold';

/** Between two plain lines, in milliseconds. */
const LINE_PERIOD = 5000;
/** Between two drawings of the bar, in milliseconds. */
const BAR_PERIOD = 100;

const lasting = (seconds: number): string =>
  seconds >= 3600
    ? `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
    : seconds >= 60
      ? `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
      : `${Math.round(seconds)} s`;

export class Progress {
  readonly state: RunState = initialState();
  private readonly bar: SingleBar | null;
  private shownAt = 0;

  /** @param quiet print nothing where there is no terminal */
  constructor(private readonly quiet: boolean) {
    this.bar = process.stderr.isTTY
      ? new SingleBar({
          format: '{bar} {percentage} % · {left} {what}',
          hideCursor: true,
          clearOnComplete: true,
          stream: process.stderr,
        })
      : null;
    this.bar?.start(1, 0, { left: '', what: 'starting' });
  }

  /** Events are folded into `state` as well, which is what the table at the end shows. */
  update(recorded: RecordedEvent): void {
    fold(this.state, recorded);
    const now = performance.now();
    if (now - this.shownAt < (this.bar ? BAR_PERIOD : LINE_PERIOD)) return;
    this.shownAt = now;
    this.show();
  }

  end(): void {
    this.bar?.stop();
  }

  private show(): void {
    const { done, total, what } = this.state.progress;
    const seconds = secondsLeft(this.state);
    const left = seconds === null ? '' : `${lasting(seconds)} left`;
    if (this.bar) {
      this.bar.setTotal(total);
      this.bar.update(done, { left: left && `${left} ·`, what });
    } else if (!this.quiet && total > 0) {
      process.stderr.write(
        `${[`${Math.floor((100 * done) / total)} %`, left, what].filter(Boolean).join(' · ')}\n`,
      );
    }
  }
}
