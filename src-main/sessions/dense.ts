/** Rows of points and progress as the columns that cross to the window. */
import type { RecordedEvent } from '../contract/events';
import type { DenseStretch, DenseType, PointColumns } from '../contract/tape';

export interface DenseRow {
  sequence: number;
  at: number;
  type: DenseType;
  body: string;
}

/** Of the times, and of the progress, one in so many rows is kept. */
const KEPT = 100;

interface PointBody {
  arm: number;
  series: string;
  x: number | { $number: string };
  value: number | { $number: string };
}
const numberOf = (value: number | { $number: string }): number =>
  typeof value === 'number' ? value : Number(value.$number);

/** `through`: up to where the session was read for these rows. Throws SyntaxError for a body that is no JSON. */
export function stretchOf(rows: readonly DenseRow[], through: number): DenseStretch {
  const curves = new Map<
    string,
    { arm: number; series: string; sequence: number[]; x: number[]; y: number[] }
  >();
  const progress: RecordedEvent[] = [];
  const sequence: number[] = [];
  const at: number[] = [];
  let latest: DenseRow | null = null;
  const keepLatest = () => {
    if (latest)
      progress.push({ sequence: latest.sequence, at: latest.at, event: JSON.parse(latest.body) as never });
    latest = null;
  };
  rows.forEach((row, i) => {
    if (i % KEPT === 0 || i === rows.length - 1) {
      sequence.push(row.sequence);
      at.push(row.at);
      keepLatest();
    }
    if (row.type === 'progress') {
      latest = row;
      return;
    }
    const point = JSON.parse(row.body) as PointBody;
    const key = `${point.arm}/${point.series}`;
    let curve = curves.get(key);
    if (!curve)
      curves.set(key, (curve = { arm: point.arm, series: point.series, sequence: [], x: [], y: [] }));
    curve.sequence.push(row.sequence);
    curve.x.push(numberOf(point.x));
    curve.y.push(numberOf(point.value));
  });
  keepLatest();
  return {
    points: [...curves.values()].map((curve): PointColumns => ({
      arm: curve.arm,
      series: curve.series,
      sequence: Uint32Array.from(curve.sequence),
      x: Float64Array.from(curve.x),
      y: Float64Array.from(curve.y),
    })),
    progress,
    times: { sequence: Uint32Array.from(sequence), at: Float64Array.from(at) },
    through,
  };
}
