/**
 * Brings the events of one session into order without gaps: pages of the recording first, then what is pushed while
 * it is written. A push that does not follow on what is known makes it read the recording again from there.
 */
import type { RecordedEvent } from '../../src-main/contract/events';

export interface Page {
  events: RecordedEvent[];
  /** Sequence number of the last event in the recording. */
  last: number;
  /** Where the events came by another way: up to which number they are known. */
  known?: number;
}

export class Feed {
  /** Sequence number up to which every event was taken. */
  known = 0;
  private highest = 0;
  private reading: Promise<void> | null = null;
  private closed = false;

  constructor(
    private readonly readPage: (after: number) => Promise<Page>,
    private readonly take: (events: RecordedEvent[]) => void,
  ) {}

  /** Reads the recording from what is known to its end. */
  catchUp(): Promise<void> {
    this.reading ??= this.read().finally(() => (this.reading = null));
    return this.reading;
  }

  /** Pushed events. While pages are being read they are dropped: they stand in the recording before they are pushed. */
  push(events: RecordedEvent[]): Promise<void> {
    const fresh = events.filter((event) => event.sequence > this.known);
    if (fresh.length === 0) return Promise.resolve();
    this.highest = Math.max(this.highest, fresh.at(-1)!.sequence);
    if (this.reading) return this.reading;
    const gapless = fresh.every((event, i) => event.sequence === this.known + 1 + i);
    if (!gapless) return this.catchUp();
    this.accept(fresh);
    return Promise.resolve();
  }

  /** Nothing is taken any more: another session was opened. */
  close(): void {
    this.closed = true;
  }

  private accept(events: RecordedEvent[]): void {
    if (this.closed || events.length === 0) return;
    this.known = events.at(-1)!.sequence;
    this.take(events);
  }

  private async read(): Promise<void> {
    for (;;) {
      const { events, last, known } = await this.readPage(this.known);
      if (this.closed) return;
      if (known) {
        this.known = known;
        continue;
      }
      this.accept(events.filter((event) => event.sequence > this.known));
      if (events.length === 0 || this.known >= Math.max(last, this.highest)) return;
    }
  }
}
