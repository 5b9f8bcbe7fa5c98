/** Gathers events so that few messages cross to main: single ones would drown the window (see docs/architecture.md). */
import type { RecordedEvent } from '../contract/events';

/** Milliseconds between two batches, 40 a second. */
const PERIOD = 25;

export class Outbox {
  private pending: RecordedEvent[] = [];
  private sentAt = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly send: (events: RecordedEvent[]) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.timer = setInterval(() => this.flush(), PERIOD);
  }

  push(recorded: RecordedEvent): void {
    // Of several reports of progress only the last is news.
    if (recorded.event.type === 'progress')
      this.pending = this.pending.filter(({ event }) => event.type !== 'progress');
    this.pending.push(recorded);
  }

  /** For a moment when the engine lets go: a timer alone starves while it computes. */
  flushIfDue(): void {
    if (this.now() - this.sentAt >= PERIOD) this.flush();
  }

  flush(): void {
    this.sentAt = this.now();
    if (this.pending.length === 0) return;
    this.send(this.pending);
    this.pending = [];
  }

  close(): void {
    clearInterval(this.timer);
    this.flush();
  }
}
