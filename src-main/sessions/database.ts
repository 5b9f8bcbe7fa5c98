/**
 * Opening session files: checks before SQLite sees them, and SQLite's error codes as sentences with a remedy.
 *
 * The file is attached to an empty database in memory rather than opened. The driver cannot finalise statements, so
 * closing a connection leaves its files open until the garbage collector comes by; detaching closes them at once.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { LabError } from '../contract/problem';
import { SESSION_APPLICATION_ID, SESSION_FORMAT } from '../contract/session';

type Value = string | number | Uint8Array | null;

/** How long a commit waits for another process, in milliseconds: a rename or an export holds the file only briefly. */
const BUSY_TIMEOUT = 5000;

/** SQLite's result codes with the beginning of their messages: the driver drops the code of errors met while reading. */
const RESULTS = {
  permission: { code: 3, message: /access permission denied/ },
  busy: { code: 5, message: /database (table )?is locked/ },
  readOnly: { code: 8, message: /attempt to write a readonly/ },
  inputOutput: { code: 10, message: /disk I\/O error/ },
  corrupt: { code: 11, message: /disk image is malformed/ },
  full: { code: 13, message: /database or disk is full/ },
  cannotOpen: { code: 14, message: /unable to open database/ },
  notADatabase: { code: 26, message: /file is not a database/ },
};

function resultOf(error: Error & { errcode?: number }): keyof typeof RESULTS | undefined {
  const names = Object.keys(RESULTS) as (keyof typeof RESULTS)[];
  // The low byte of the code is the kind, the rest a detail.
  if (error.errcode !== undefined)
    return names.find((name) => RESULTS[name].code === (error.errcode! & 0xff));
  return names.find((name) => RESULTS[name].message.test(error.message));
}

/** What went wrong with `file`, told to a person. Errors that are not SQLite's pass unchanged. */
export function sessionError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== 'ERR_SQLITE_ERROR') return error;
  switch (resultOf(error)) {
    case 'busy':
      return new LabError(
        file,
        'another program is writing this session',
        'Wait until it is done, then try again.',
      );
    case 'corrupt':
    case 'notADatabase':
      return damaged(file, `SQLite says “${error.message}”`);
    case 'full':
      return new LabError(
        file,
        'the disk is full',
        'Free some space, then resume the session: what was recorded is kept.',
      );
    case 'readOnly':
    case 'permission':
    case 'cannotOpen':
      return new LabError(
        file,
        'the file or its folder may not be written',
        'Check that the folder exists, and the permissions of both.',
      );
    case 'inputOutput':
      return new LabError(
        file,
        `the disk could not be read or written (${error.message})`,
        'Check the disk and its free space.',
      );
    case undefined:
      return new LabError(
        file,
        `SQLite says “${error.message}”`,
        'This is not expected: please report it with the file.',
      );
  }
}

export function damaged(file: string, finding: string): LabError {
  return new LabError(
    file,
    `the session is truncated or damaged: ${finding}`,
    'Copy it anew from where it came from, together with any file of the same name ending in -wal.',
  );
}

const notASession = (file: string, found: string) =>
  new LabError(
    file,
    `this is not a Sparring session: ${found}`,
    'Choose a file ending in .sparring that Sparring wrote.',
  );

const MAGIC = 'SQLite format 3\0';

/** Reads SQLite's own header (100 bytes, https://www.sqlite.org/fileformat.html), which needs no lock. */
function checkFile(file: string): void {
  let descriptor: number;
  try {
    if (statSync(file).isDirectory()) throw notASession(file, 'it is a folder');
    descriptor = openSync(file, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new LabError(
        file,
        'there is no such session',
        '“sparring list sessions” shows the library; a path names a file elsewhere.',
      );
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new LabError(
        file,
        'the session may not be read',
        'Check the permissions of the file and its folder.',
      );
    }
    throw error;
  }
  try {
    const header = Buffer.alloc(100);
    const read = readSync(descriptor, header, 0, 100, 0);
    if (read === 0) throw notASession(file, 'it is empty');
    if (header.toString('latin1', 0, Math.min(read, MAGIC.length)) !== MAGIC.slice(0, read)) {
      throw notASession(file, 'it begins otherwise');
    }
    if (read < 100) throw damaged(file, `it has ${read} bytes`);
    if (header.readUInt32BE(68) !== SESSION_APPLICATION_ID)
      throw notASession(file, 'it is a database of another program');
    const format = header.readUInt32BE(60);
    if (format > SESSION_FORMAT) {
      throw new LabError(
        file,
        `the session has format ${format}; this version of Sparring reads formats up to ${SESSION_FORMAT}`,
        'Update Sparring.',
      );
    }
    // Stored 1 means 65536.
    const pageBytes = header.readUInt16BE(16) === 1 ? 65536 : header.readUInt16BE(16);
    const expected = pageBytes * header.readUInt32BE(28);
    const { size } = fstatSync(descriptor);
    // With a write-ahead log beside it the file may lag behind what its header says.
    if (size < expected && !hasLog(file)) throw damaged(file, `it has ${size} bytes; expected ${expected}`);
  } finally {
    closeSync(descriptor);
  }
}

function hasLog(file: string): boolean {
  return existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A session file with SQLite behind it. Statements are prepared once; every error is a LabError. */
export class SessionDatabase {
  private readonly statements = new Map<string, StatementSyncInstance>();

  private constructor(
    readonly file: string,
    private readonly connection: InstanceType<typeof DatabaseSync>,
  ) {}

  static read(file: string): SessionDatabase {
    checkFile(file);
    try {
      return SessionDatabase.attach(file, 'mode=ro');
    } catch (error) {
      // A write-ahead log wants a file of shared memory beside it, which a read-only folder denies.
      if (hasLog(file) || isWritable(dirname(file))) throw error;
      return SessionDatabase.attach(file, 'mode=ro&immutable=1');
    }
  }

  static write(file: string): SessionDatabase {
    checkFile(file);
    return SessionDatabase.attach(file, 'mode=rw');
  }

  /** `file` must not exist. */
  static create(file: string): SessionDatabase {
    return SessionDatabase.attach(file, 'mode=rwc');
  }

  private static attach(file: string, mode: string): SessionDatabase {
    // A URI for the database in memory: SQLite takes URIs in ATTACH only then.
    const connection = new DatabaseSync('file::memory:', { timeout: BUSY_TIMEOUT });
    const database = new SessionDatabase(file, connection);
    try {
      const uri = `${pathToFileURL(file).href}?${mode}`;
      database.exec(`ATTACH '${uri.replaceAll("'", "''")}' AS session`);
      // Attaching reads nothing yet; this meets what is wrong with the file.
      database.all('SELECT count(*) FROM session.sqlite_schema');
    } catch (error) {
      connection.close();
      throw error;
    }
    return database;
  }

  exec(sql: string): void {
    try {
      this.connection.exec(sql);
    } catch (error) {
      throw sessionError(error, this.file);
    }
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    try {
      return this.statement(sql).all(...values) as Row[];
    } catch (error) {
      throw sessionError(error, this.file);
    }
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.all<Row>(sql, ...values)[0];
  }

  run(sql: string, ...values: Value[]): void {
    try {
      this.statement(sql).run(...values);
    } catch (error) {
      throw sessionError(error, this.file);
    }
  }

  /** All of `work` is written, or nothing of it. */
  transaction(work: () => void): void {
    this.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.exec('COMMIT');
    } catch (error) {
      // SQLite rolls back by itself on some errors, such as a full disk.
      if (this.connection.isTransaction) this.connection.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (!this.connection.isOpen) return;
    try {
      this.connection.exec('DETACH session');
    } finally {
      this.connection.close();
    }
  }

  private statement(sql: string): StatementSyncInstance {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.connection.prepare(sql)));
    return statement;
  }
}
