/** Reads session files, also while they are being written. */
import type { Position, RecordedEvent, RunEvent } from '../contract/events';
import { isControl } from '../contract/events';
import {
  SESSION_FORMAT,
  type ComparedSession,
  type SessionHeader,
  type SessionStatus,
} from '../contract/session';
import type { DenseStretch } from '../contract/tape';
import { damaged, SessionDatabase } from './database';
import { arrayFrom, decode, withoutWeights, type Artefact, type TypedArray } from './encoding';
import { stretchOf, type DenseRow } from './dense';
import { isBeingWritten } from './lock';

interface EventRow {
  sequence: number;
  at: number;
  type: string;
  body: string;
}

/** Where a run goes on: the last checkpoint, and the events before it. */
export interface ResumePoint {
  /** Null: no checkpoint was written, so the run starts anew. */
  position: Position | null;
  /** Sequence number of the checkpoint event, 0 without one. */
  sequence: number;
  state: Record<string, Float32Array>;
  /** Events up to the checkpoint, control events left out. */
  history: RunEvent[];
}

const HEADER_FIELDS = ['id', 'name', 'source', 'spec', 'versions', 'machine', 'createdAt'] as const;

/** The events that change what a session is doing; the last of them decides its status. */
const STATUS_OF = {
  'run-started': 'running',
  'run-resumed': 'running',
  'run-continued': 'running',
  'run-paused': 'paused',
  'run-stopped': 'stopped',
  'run-failed': 'failed',
  'run-finished': 'done',
} as const satisfies Partial<Record<RunEvent['type'], SessionStatus>>;

export function statusFrom(lastTurn: keyof typeof STATUS_OF | null, beingWritten: boolean): SessionStatus {
  const status = lastTurn === null ? 'running' : STATUS_OF[lastTurn];
  return (status === 'running' || status === 'paused') && !beingWritten ? 'interrupted' : status;
}

export class SessionReader {
  private constructor(
    readonly file: string,
    private readonly database: SessionDatabase,
  ) {}

  /** Throws LabError for a file that is missing, no session, damaged, too new or not to be read. */
  static open(file: string): SessionReader {
    return new SessionReader(file, SessionDatabase.read(file));
  }

  /** For the writer, which has the file open already. */
  static of(database: SessionDatabase): SessionReader {
    return new SessionReader(database.file, database);
  }

  header(): SessionHeader {
    const rows = this.database.all<{ field: string; value: string }>('SELECT field, value FROM header');
    const fields = Object.fromEntries(
      rows.map(({ field, value }) => [field, this.parse(value, `header ${field}`)]),
    );
    const missing = HEADER_FIELDS.filter((field) => !(field in fields));
    if (missing.length) throw damaged(this.file, `its header lacks ${missing.join(', ')}`);
    const { user_version: format } = this.database.get<{ user_version: number }>(
      'PRAGMA session.user_version',
    )!;
    return { format: Math.min(format, SESSION_FORMAT), ...fields } as unknown as SessionHeader;
  }

  /** Sequence number of the last event, 0 when there is none. */
  last(): number {
    return this.database.get<{ last: number | null }>('SELECT max(sequence) AS last FROM event')!.last ?? 0;
  }

  /** Events with a sequence number above `after`, in order. `light`: without trained weights, which no view shows. */
  events({
    after = 0,
    limit = -1,
    light = false,
  }: { after?: number; limit?: number; light?: boolean } = {}): RecordedEvent[] {
    const rows = this.database.all<EventRow>(
      'SELECT sequence, at, type, body FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?',
      after,
      limit,
    );
    return rows.map((row, i) => {
      if (row.sequence !== after + 1 + i) throw damaged(this.file, `event ${after + 1 + i} is missing`);
      return this.recorded(row, light);
    });
  }

  /** The events of one type, in order; of one arm alone, where it is given. */
  ofType<T extends RunEvent['type']>(type: T, arm?: number): Extract<RunEvent, { type: T }>[] {
    const rows = this.database.all<EventRow>(
      `SELECT sequence, at, type, body FROM event
       WHERE type = ?1 AND (?2 IS NULL OR json_extract(body, '$.arm') = ?2) ORDER BY sequence`,
      type,
      arm ?? null,
    );
    return rows.map((row) => this.recorded(row, false).event as Extract<RunEvent, { type: T }>);
  }

  /** Every event, read in pages: a long session does not stand in memory as a whole. */
  *stream(options: { light?: boolean } = {}): Generator<RecordedEvent> {
    for (let after = 0; ;) {
      const page = this.events({ ...options, after, limit: 500 });
      if (page.length === 0) return;
      yield* page;
      after += page.length;
    }
  }

  /** Events of some types, in order, without trained weights. */
  eventsOf(types: RunEvent['type'][]): RecordedEvent[] {
    return this.database
      .all<EventRow>(
        `SELECT sequence, at, type, body FROM event WHERE type IN (${types.map(() => '?').join(', ')}) ORDER BY sequence`,
        ...types,
      )
      .map((row) => this.recorded(row, true));
  }

  /** At most `limit` landmarks with a sequence number above `after` and up to `through`, without trained weights. */
  landmarks({ after, through, limit }: { after: number; through: number; limit: number }): RecordedEvent[] {
    // By the index of types: the bodies of dense events are never touched.
    const ranges = ["type < 'point'", "type > 'point' AND type < 'progress'", "type > 'progress'"];
    return this.database
      .all<EventRow>(
        `SELECT sequence, at, type, body FROM event WHERE sequence IN
         (${ranges.map((range) => `SELECT sequence FROM event WHERE ${range}`).join(' UNION ALL ')})
         AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?`,
        after,
        through,
        limit,
      )
      .map((row) => this.recorded(row, true));
  }

  /** The dense events among the `limit` events behind `after`. */
  dense({ after, limit }: { after: number; limit: number }): DenseStretch {
    const through = Math.min(after + limit, this.last());
    // The plus keeps SQLite from going by type: the stretch stands together in the file.
    return this.stretch('sequence > ?1 AND sequence <= ?2 AND +type', [after, through], through);
  }

  /** About `count` of the dense events up to `through`, spread evenly over the session but not in step with it. */
  sample({ count, through }: { count: number; through: number }): DenseStretch {
    const places = Array.from({ length: count }, (_, i) =>
      // Multiples of the golden ratio never fall into step with series that take turns.
      Math.min(through, 1 + Math.floor(((i + ((i * 0.6180339887498949) % 1)) * through) / count)),
    );
    return this.stretch(
      'sequence IN (SELECT value FROM json_each(?1)) AND +type',
      [JSON.stringify(places)],
      through,
    );
  }

  private stretch(where: string, values: (string | number)[], through: number): DenseStretch {
    const rows = this.database.all<DenseRow>(
      `SELECT sequence, at, type, body FROM event WHERE ${where} IN ('point', 'progress') ORDER BY sequence`,
      ...values,
    );
    try {
      return stretchOf(rows, through);
    } catch (error) {
      if (error instanceof SyntaxError) throw damaged(this.file, `an event up to ${through} is no JSON`);
      throw error;
    }
  }

  /** The curves of every arm, in the order they were begun, without making an event of each point. */
  curves(): ComparedSession['curves'] {
    const rows = this.database.all<{ arm: number; series: string; x: unknown; value: unknown }>(
      `SELECT body ->> '$.arm' AS arm, body ->> '$.series' AS series, body ->> '$.x' AS x, body ->> '$.value' AS value
       FROM event WHERE type = 'point' ORDER BY sequence`,
    );
    const found = new Map<string, { arm: number; series: string; x: number[]; y: number[] }>();
    for (const { arm, series, x, value } of rows) {
      const key = `${arm}/${series}`;
      let curve = found.get(key);
      if (!curve) found.set(key, (curve = { arm, series, x: [], y: [] }));
      curve.x.push(this.number(x));
      curve.y.push(this.number(value));
    }
    return [...found.values()].map(({ arm, series, x, y }) => ({
      ...{ arm, series },
      ...{ x: Float64Array.from(x), y: Float64Array.from(y) },
    }));
  }

  /** What SQLite made of a number in a body; what JSON cannot write comes as the object that stands for it. */
  private number(value: unknown): number {
    return typeof value === 'number'
      ? value
      : Number((this.parse(String(value), 'a point') as { $number?: string })?.$number ?? NaN);
  }

  status(): SessionStatus {
    const turns = Object.keys(STATUS_OF).map((type) => `'${type}'`);
    const turn = this.database.get<{ type: keyof typeof STATUS_OF }>(
      `SELECT type FROM event WHERE type IN (${turns.join(', ')}) ORDER BY sequence DESC LIMIT 1`,
    );
    return statusFrom(turn?.type ?? null, isBeingWritten(this.file));
  }

  /** What the library shows of the events without reading them all. */
  overview(): { events: number; durationMs: number; arms: number; armsDone: number } {
    const times = this.database.get<{ first: number | null; last: number | null }>(
      `SELECT (SELECT at FROM event ORDER BY sequence LIMIT 1) AS first,
              (SELECT at FROM event ORDER BY sequence DESC LIMIT 1) AS last`,
    )!;
    const arms = this.database.get<{ arms: number }>(
      "SELECT json_array_length(body, '$.plan.arms') AS arms FROM event WHERE type = 'run-started' LIMIT 1",
    );
    const done = this.database.get<{ done: number }>(
      "SELECT count(*) AS done FROM event WHERE type = 'arm-finished'",
    )!;
    return {
      events: this.last(),
      durationMs: (times.last ?? 0) - (times.first ?? 0),
      arms: arms?.arms ?? 0,
      armsDone: done.done,
    };
  }

  resumePoint(): ResumePoint {
    const row = this.database.get<EventRow>(
      "SELECT sequence, at, type, body FROM event WHERE type = 'checkpoint' ORDER BY sequence DESC LIMIT 1",
    );
    if (!row) return { position: null, sequence: 0, state: {}, history: [] };
    const { position } = this.recorded(row, true).event as Extract<RunEvent, { type: 'checkpoint' }>;
    // The state is that of an attack interrupted since, where there is one.
    const state = this.database
      .all<Artefact & { name: string }>('SELECT name, dtype, length, data FROM checkpoint')
      .map((artefact) => [artefact.name, this.array(artefact, `checkpoint array ${artefact.name}`)] as const);
    const history = this.events({ limit: row.sequence })
      .map(({ event }) => event)
      .filter((event) => !isControl(event));
    return {
      position,
      sequence: row.sequence,
      state: Object.fromEntries(state) as Record<string, Float32Array>,
      history,
    };
  }

  /** Reads every page of the file; throws LabError when SQLite finds one that does not hold together. */
  check(): void {
    const [first] = this.database.all<{ quick_check: string }>('PRAGMA session.quick_check(1)');
    if (first && first.quick_check !== 'ok') throw damaged(this.file, first.quick_check);
  }

  close(): void {
    this.database.close();
  }

  private recorded({ sequence, at, body, type }: EventRow, light: boolean): RecordedEvent {
    if (light && type === 'trained') {
      const { weights: _, ...rest } = this.parse(body, `event ${sequence}`) as Record<string, unknown>;
      return { sequence, at, event: withoutWeights({ ...rest, weights: {} } as RunEvent) };
    }
    const artefacts = body.includes('"$array"')
      ? this.database.all<Artefact>(
          'SELECT dtype, length, data FROM artefact WHERE sequence = ? ORDER BY number',
          sequence,
        )
      : [];
    try {
      return {
        sequence,
        at,
        event: decode(body, (number) => this.array(artefacts[number], `event ${sequence}, array ${number}`)),
      };
    } catch (error) {
      if (error instanceof SyntaxError) throw damaged(this.file, `event ${sequence} is no JSON`);
      throw error;
    }
  }

  private array(artefact: Artefact | undefined, what: string): TypedArray {
    if (!artefact) throw damaged(this.file, `${what} is missing`);
    try {
      return arrayFrom(artefact);
    } catch (error) {
      throw damaged(this.file, `${what} has ${(error as Error).message}`);
    }
  }

  private parse(json: string, what: string): unknown {
    try {
      return JSON.parse(json);
    } catch {
      throw damaged(this.file, `${what} is no JSON`);
    }
  }
}

/** Opens, uses and closes a session. */
export function withSession<T>(file: string, use: (session: SessionReader) => T): T {
  const reader = SessionReader.open(file);
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}
