/** What stands for more than can be drawn: curves by their extremes, single values by one in so many. */
import type { Curve } from '../../src-main/contract/fold';

/** Place of the first of `length` ascending values that lies above `limit`. */
export function placeAfter(length: number, valueAt: (place: number) => number, limit: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Point {
  sequence: number;
  x: number;
  y: number;
}

/** More points of a curve are never held; a screen is not half as wide. */
const MOST_POINTS = 4096;

/**
 * A curve that grows without end in bounded memory: up to MOST_POINTS every point is held, afterwards the least and the
 * greatest of each stretch, so that no spike is lost. Whatever is held was recorded; nothing is averaged.
 */
export class ThinCurve {
  private readonly sequence: number[] = [];
  private readonly x: number[] = [];
  private readonly y: number[] = [];
  /** Points of which two are kept; 1: all are. */
  private group = 1;
  private pending: { count: number; least: Point; greatest: Point; latest: Point } | null = null;

  push(point: Point): void {
    if (this.group === 1) {
      this.keep(point);
      return;
    }
    if (!this.pending) this.pending = { count: 1, least: point, greatest: point, latest: point };
    else {
      const { pending } = this;
      pending.count += 1;
      if (point.y < pending.least.y) pending.least = point;
      if (point.y >= pending.greatest.y) pending.greatest = point;
      pending.latest = point;
    }
    if (this.pending.count < this.group) return;
    const { least, greatest } = this.pending;
    this.pending = null;
    for (const one of [least, greatest].sort((a, b) => a.sequence - b.sequence)) this.keep(one);
  }

  /** The curve as it was at `sequence`. */
  upTo(sequence: number): Curve {
    const end = placeAfter(this.sequence.length, (i) => this.sequence[i]!, sequence);
    const curve = { x: this.x.slice(0, end), y: this.y.slice(0, end) };
    const latest = this.pending?.latest;
    if (latest && latest.sequence <= sequence) {
      curve.x.push(latest.x);
      curve.y.push(latest.y);
    }
    return curve;
  }

  private keep({ sequence, x, y }: Point): void {
    this.sequence.push(sequence);
    this.x.push(x);
    this.y.push(y);
    if (this.sequence.length >= MOST_POINTS) this.halve();
  }

  /** Of every four points the least and the greatest stay. */
  private halve(): void {
    let kept = 0;
    for (let from = 0; from + 4 <= this.y.length; from += 4) {
      let least = from;
      let greatest = from;
      for (let i = from + 1; i < from + 4; i++) {
        if (this.y[i]! < this.y[least]!) least = i;
        if (this.y[i]! >= this.y[greatest]!) greatest = i;
      }
      for (const i of least < greatest ? [least, greatest] : [greatest, least]) {
        this.sequence[kept] = this.sequence[i]!;
        this.x[kept] = this.x[i]!;
        this.y[kept] = this.y[i]!;
        kept += 1;
      }
    }
    this.sequence.length = this.x.length = this.y.length = kept;
    this.group = this.group === 1 ? 4 : 2 * this.group;
  }
}

/** Values by sequence number, of which the latest up to some number is asked for; one in so many is held, and the newest. */
export class ThinTrack<T extends { sequence: number }> {
  private held: T[] = [];
  private every = 1;
  private count = 0;
  private newest: T | null = null;

  push(value: T): void {
    if (this.count++ % this.every === 0) this.held.push(value);
    this.newest = value;
    if (this.held.length < MOST_POINTS) return;
    this.held = this.held.filter((_, i) => i % 2 === 0);
    this.every *= 2;
  }

  /** Null where there is none so early. */
  at(sequence: number): T | null {
    if (this.newest && this.newest.sequence <= sequence) return this.newest;
    return this.held[this.place(sequence) - 1] ?? null;
  }

  /** The first that is held behind `sequence`. */
  after(sequence: number): T | null {
    const next = this.held[this.place(sequence)];
    return next ?? (this.newest && this.newest.sequence > sequence ? this.newest : null);
  }

  private place(sequence: number): number {
    return placeAfter(this.held.length, (i) => this.held[i]!.sequence, sequence);
  }
}
