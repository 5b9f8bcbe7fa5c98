/**
 * Writes session files. An event is in the file when `append` returns, and survives the process being killed; only one
 * process writes a session at a time.
 */
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isControl, type RecordedEvent, type RunEvent } from '../contract/events';
import { LabError } from '../contract/problem';
import { causesInWords } from '../contract/reproduction';
import type { SessionHeader } from '../contract/session';
import { causesOf, firstDifference, shown, type Provenance } from './compare';
import { SessionDatabase, sessionError } from './database';
import { artefactOf, encode, holdsState, withoutWeights } from './encoding';
import { lockForWriting, type WriterLock } from './lock';
import { SessionReader, type ResumePoint } from './reader';
import { CREATE } from './schema';

/**
 * Creates a session without events. It is built under another name, so that one that was cut short never looks like a
 * session.
 */
export function createSession(file: string, header: Omit<SessionHeader, 'format'>): void {
  if (existsSync(file))
    throw new LabError(file, 'there is a file of this name already', 'Choose another name.');
  const draft = join(dirname(file), `.${basename(file)}-${process.pid}.new`);
  rmSync(draft, { force: true });
  try {
    const database = SessionDatabase.create(draft);
    try {
      database.exec(CREATE);
      database.transaction(() => {
        for (const [field, value] of Object.entries(header)) {
          database.run('INSERT INTO header (field, value) VALUES (?, ?)', field, JSON.stringify(value));
        }
      });
    } finally {
      database.close();
    }
    publish(draft, file);
  } catch (error) {
    // The user knows the file by its final name.
    throw sessionError(
      error instanceof LabError ? new LabError(file, error.problem.message, error.problem.remedy) : error,
      file,
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives the finished file its name; a link, unlike a rename, never replaces a file that appeared meanwhile. */
function publish(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new LabError(file, 'there is a file of this name already', 'Choose another name.');
    }
    // Not every file system knows links.
    renameSync(draft, file);
  }
}

export class SessionWriter {
  private readonly reader: SessionReader;
  private last: number;
  /** Recorded events that a resumed run is to repeat before it adds new ones. */
  private toRepeat: RecordedEvent[] = [];

  private constructor(
    private readonly database: SessionDatabase,
    private readonly lock: WriterLock,
    private readonly provenance: Provenance,
  ) {
    this.reader = SessionReader.of(database);
    this.last = this.reader.last();
  }

  /** Opens a session to go on writing it. `provenance` is recorded with the first event. */
  static open(file: string, provenance: Provenance): SessionWriter {
    // Only a session gets a lock file beside it.
    SessionReader.open(file).close();
    const lock = lockForWriting(file);
    try {
      const database = SessionDatabase.write(file);
      try {
        // NORMAL: a commit survives the process being killed; a power cut may cost the last moments, never the file.
        database.exec('PRAGMA session.journal_mode = WAL; PRAGMA session.synchronous = NORMAL');
        return new SessionWriter(database, lock, provenance);
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      lock.release();
      throw sessionError(error, file);
    }
  }

  get file(): string {
    return this.database.file;
  }

  header(): SessionHeader {
    return this.reader.header();
  }

  /**
   * Prepares to take up a session that has events: records run-resumed, and expects the events after the last
   * checkpoint to come again. Null for a session without events.
   */
  resume(): { point: ResumePoint; recorded: RecordedEvent } | null {
    if (this.last === 0) return null;
    this.reader.check();
    if (this.reader.status() === 'done') {
      throw new LabError(
        this.file,
        'this run is finished',
        '“sparring reproduce” runs it again and compares.',
      );
    }
    const point = this.reader.resumePoint();
    const tail = this.reader.events({ after: point.sequence }).filter(({ event }) => !isControl(event));
    const recorded = this.insert({ type: 'run-resumed', from: point.position });
    this.toRepeat = tail;
    return { point, recorded };
  }

  /**
   * Records an event and returns it as a reader will see it, large arrays left out; null when it repeats a recorded
   * one. Throws LabError when a resumed run does something else than the recorded one did.
   */
  append(event: RunEvent): RecordedEvent | null {
    if (this.toRepeat.length > 0 && !isControl(event)) {
      this.repeat(event);
      return null;
    }
    return this.insert(event);
  }

  /** Leaves one file without its write-ahead log, so that it can be copied anywhere. */
  close(): void {
    try {
      this.database.exec('PRAGMA session.wal_checkpoint(TRUNCATE)');
      this.database.exec('PRAGMA session.journal_mode = DELETE');
    } catch (error) {
      // Somebody is reading: the log stays beside the file and is read with it.
      if (!(error instanceof LabError)) throw error;
    } finally {
      this.database.close();
      this.lock.release();
    }
  }

  private insert(event: RunEvent): RecordedEvent {
    const recorded: RecordedEvent = { sequence: this.last + 1, at: Date.now(), event: withoutWeights(event) };
    const { body, artefacts } = encode(holdsState(event) ? recorded.event : event);
    this.database.transaction(() => {
      if (this.last === 0) this.describe();
      this.database.run(
        'INSERT INTO event VALUES (?, ?, ?, ?)',
        recorded.sequence,
        recorded.at,
        event.type,
        body,
      );
      artefacts.forEach(({ dtype, length, data }, number) => {
        this.database.run(
          'INSERT INTO artefact VALUES (?, ?, ?, ?, ?)',
          recorded.sequence,
          number,
          dtype,
          length,
          data,
        );
      });
      if (holdsState(event)) this.replaceCheckpoint(event.state);
      if (event.type === 'run-finished') this.database.run('DELETE FROM checkpoint');
    });
    this.last = recorded.sequence;
    return recorded;
  }

  private replaceCheckpoint(state: Record<string, Float32Array>): void {
    this.database.run('DELETE FROM checkpoint');
    for (const [name, array] of Object.entries(state)) {
      const { dtype, length, data } = artefactOf(array);
      this.database.run('INSERT INTO checkpoint VALUES (?, ?, ?, ?)', name, dtype, length, data);
    }
  }

  /** A queued session is created before TensorFlow is loaded, so what runs it is known only now. */
  private describe(): void {
    for (const [field, value] of Object.entries(this.provenance)) {
      this.database.run('UPDATE header SET value = ? WHERE field = ?', JSON.stringify(value), field);
    }
  }

  private repeat(event: RunEvent): void {
    const recorded = this.toRepeat[0]!;
    const difference = firstDifference(recorded.event, event);
    if (difference) {
      this.toRepeat = [];
      throw new LabError(
        this.file,
        `the resumed run diverges at event ${recorded.sequence} (${recorded.event.type}), ${difference.path}: ` +
          `recorded ${shown(difference.recorded)}, now ${shown(difference.found)}. ` +
          causesInWords(
            causesOf(
              { type: recorded.event.type, path: difference.path },
              this.reader.header(),
              this.provenance,
            ),
          ),
        'Resume it where it was started, or start the experiment anew.',
      );
    }
    this.toRepeat.shift();
  }
}
