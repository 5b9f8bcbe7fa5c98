/**
 * A session as the window holds it, to be shown as it was at any of its events. Landmarks are folded by the one fold;
 * where it is wound back, from the nearest keyframe. Curves and progress are thinned, so that a session of a million
 * events needs no more memory than one of thousands.
 */
import type { RecordedEvent } from '../../src-main/contract/events';
import { fold, initialState, type RunState } from '../../src-main/contract/fold';
import { isDense, type DenseStretch } from '../../src-main/contract/tape';
import { placeAfter, ThinCurve, ThinTrack } from './thin';

/** Landmarks between two keyframes: they are folded in a few milliseconds. */
const KEYFRAME = 2000;

/** Curves, progress and times. */
class Dense {
  readonly curves = new Map<string, { arm: number; series: string; curve: ThinCurve }>();
  readonly progress = new ThinTrack<RecordedEvent>();
  readonly times = new ThinTrack<{ sequence: number; at: number }>();

  take({ points, progress, times }: DenseStretch): void {
    for (const { arm, series, sequence, x, y } of points) {
      const curve = this.curve(arm, series);
      sequence.forEach((number, i) => curve.push({ sequence: number, x: x[i]!, y: y[i]! }));
    }
    for (const one of progress) this.progress.push(one);
    times.sequence.forEach((sequence, i) => this.times.push({ sequence, at: times.at[i]! }));
  }

  takeEvent(recorded: RecordedEvent): void {
    const { sequence, at, event } = recorded;
    this.times.push({ sequence, at });
    if (event.type === 'progress') this.progress.push(recorded);
    if (event.type === 'point')
      this.curve(event.arm, event.series).push({ sequence, x: event.x, y: event.value });
  }

  private curve(arm: number, series: string): ThinCurve {
    const key = `${arm}/${series}`;
    let found = this.curves.get(key);
    if (!found) this.curves.set(key, (found = { arm, series, curve: new ThinCurve() }));
    return found.curve;
  }
}

/** A copy that folding on leaves alone. What the events hold is shared: a fold never changes an event. */
function copyOf(state: RunState): RunState {
  const loose = <T extends object>(object: T): T =>
    Object.fromEntries(
      Object.entries(object).map(([key, value]) => [
        key,
        Array.isArray(value)
          ? [...(value as unknown[])]
          : value instanceof Map
            ? new Map(value)
            : (value as unknown),
      ]),
    ) as T;
  return {
    ...loose(state),
    arms: state.arms.map((arm) => ({ ...loose(arm), curves: { ...arm.curves } })),
    progress: { ...state.progress },
  };
}

export class Tape {
  readonly landmarks: RecordedEvent[] = [];
  private dense = new Dense();
  private shown = initialState();
  /** Landmarks folded into what is shown. */
  private folded = 0;
  private readonly keyframes: { folded: number; state: RunState }[] = [];
  /** Sequence number of the last event. */
  last = 0;
  position = 0;
  /** Whether curves and times are those of a sample, the rest of the session being unread. */
  sampled = false;

  get state(): RunState {
    return this.shown;
  }

  take(events: readonly RecordedEvent[]): void {
    for (const recorded of events) {
      if (isDense(recorded.event)) this.dense.takeEvent(recorded);
      else {
        this.landmarks.push(recorded);
        this.dense.times.push({ sequence: recorded.sequence, at: recorded.at });
      }
      this.last = recorded.sequence;
    }
  }

  /** Opens a long session by what stands for it. */
  takeSample(landmarks: readonly RecordedEvent[], sample: DenseStretch): void {
    this.landmarks.push(...landmarks);
    this.dense.take(sample);
    this.last = sample.through;
    this.sampled = true;
  }

  /**
   * Reads what the sample stands for. The curves change when all is there, so that nothing jumps on the way. Meanwhile
   * newer events are taken as ever; they are read again with the rest.
   */
  async readAll(read: (after: number, limit: number) => Promise<DenseStretch>): Promise<void> {
    const whole = new Dense();
    for (let after = 0; after < this.last;) {
      const stretch = await read(after, this.last - after);
      whole.take(stretch);
      // A page without progress, or the file was cut short meanwhile: what is known stays.
      if (stretch.through <= after) return;
      after = stretch.through;
    }
    this.dense = whole;
    this.sampled = false;
  }

  /** Winds to an event; answers the landmarks that were passed on the way, in either direction. */
  seek(sequence: number): RecordedEvent[] {
    const target = Math.max(0, Math.min(this.last, Math.round(sequence)));
    const wanted = this.placeOf(target);
    const before = this.folded;
    // Time and progress run on between landmarks too, and cannot be folded back.
    if (target < this.position) {
      const frame = this.keyframes.filter(({ folded }) => folded <= wanted).at(-1);
      this.shown = frame ? copyOf(frame.state) : initialState();
      this.folded = frame?.folded ?? 0;
    }
    while (this.folded < wanted) {
      this.foldNext();
      if (this.folded % KEYFRAME === 0 && this.folded > (this.keyframes.at(-1)?.folded ?? 0))
        this.keyframes.push({ folded: this.folded, state: copyOf(this.shown) });
    }
    this.position = target;
    this.showDense();
    return this.landmarks.slice(Math.min(before, wanted), Math.max(before, wanted));
  }

  /** When the event was recorded, in milliseconds since the epoch; between known times by their distance. */
  timeOf(sequence: number): number {
    const from = this.dense.times.at(sequence);
    const to = this.dense.times.after(sequence);
    if (!from || !to) return (from ?? to)?.at ?? 0;
    return from.at + ((to.at - from.at) * (sequence - from.sequence)) / (to.sequence - from.sequence);
  }

  private placeOf(sequence: number): number {
    return placeAfter(this.landmarks.length, (i) => this.landmarks[i]!.sequence, sequence);
  }

  private foldNext(): void {
    const next = this.landmarks[this.folded]!;
    // A run taken up again judges its pace from the progress it had then.
    if (next.event.type === 'run-resumed') this.foldProgress(next.sequence, next.at);
    fold(this.shown, next);
    this.folded += 1;
  }

  private foldProgress(sequence: number, at: number): void {
    const progress = this.dense.progress.at(sequence);
    if (progress) fold(this.shown, { ...progress, sequence, at });
  }

  private showDense(): void {
    const at = this.timeOf(this.position);
    this.foldProgress(this.position, at);
    this.shown.sequence = this.position;
    for (const { arm, series, curve } of this.dense.curves.values()) {
      const { curves } = this.shown.arms[arm] ?? {};
      if (!curves) continue;
      const now = curve.upTo(this.position);
      if (now.x.length > 0) curves[series] = now;
      else delete curves[series];
    }
  }
}
