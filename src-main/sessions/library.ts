/** The user's session library: a folder of session files, each known by its file name without the ending. */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LabError } from '../contract/problem';
import { fold, initialState } from '../contract/fold';
import type { Headline, SessionRow } from '../contract/session';
import { summarize } from '../contract/summary';
import { SessionDatabase } from './database';
import { homeFolder } from './home';
import { isBeingWritten } from './lock';
import { SessionReader } from './reader';
import { RowCache, type KnownRow } from './row-cache';
import { shippedFiles } from './shipped';

export const SESSION_ENDING = '.sparring';

/** What may lie beside a session file and belongs to it. */
const COMPANIONS = ['', '-wal', '-shm', '-lock'];

/** How much of an experiment is searched, in characters. */
const LONGEST_TEXT = 20_000;

const idOf = (file: string): string => basename(file, SESSION_ENDING);

/** The part of a name that every file system takes. */
const fileNameOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'session';

/** A file name in `folder` that is not taken: the experiment's name and the local time. */
export function newSessionFile(folder: string, name: string, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  const stem = join(folder, `${fileNameOf(name)}-${day}-${time}`);
  for (let copy = 1; ; copy++) {
    const file = `${stem}${copy > 1 ? `-${copy}` : ''}${SESSION_ENDING}`;
    if (!existsSync(file)) return file;
  }
}

/** The row of one file; a file that cannot be read gives a row that says why. */
export function rowOf(file: string): SessionRow {
  const bytes = COMPANIONS.reduce(
    (sum, end) => sum + (statSync(file + end, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  const createdAt = statSync(file, { throwIfNoEntry: false })?.birthtimeMs ?? 0;
  const unread: SessionRow = {
    id: idOf(file),
    name: idOf(file),
    file,
    task: null,
    status: 'interrupted',
    createdAt,
    durationMs: 0,
    events: 0,
    bytes,
    arms: 0,
    armsDone: 0,
    attacks: [],
    defenses: [],
    headlines: [],
    tags: [],
    notes: '',
    text: '',
    problem: null,
  };
  let reader: SessionReader | undefined;
  try {
    reader = SessionReader.open(file);
    const { name, spec, source, createdAt: created, tags = [], notes = '' } = reader.header();
    return {
      ...unread,
      name,
      task: spec.task,
      status: reader.status(),
      createdAt: created,
      ...reader.overview(),
      attacks: [...new Set(spec.attacks.map(({ id }) => id))],
      defenses: [...new Set(spec.defenses.map(({ id }) => id))],
      headlines: headlinesOf(reader),
      ...{ tags, notes, text: source.slice(0, LONGEST_TEXT) },
    };
  } catch (error) {
    const problem =
      error instanceof LabError
        ? [error.problem.message, error.problem.remedy].filter(Boolean).join('. ')
        : String(error);
    return { ...unread, problem };
  } finally {
    reader?.close();
  }
}

/** From the events that verdicts are made of, the others left unread. */
function headlinesOf(reader: SessionReader): Headline[] {
  const state = reader
    .eventsOf(['run-started', 'trained', 'evaluation', 'check'])
    .reduce(fold, initialState());
  return summarize(state)
    .summary.flatMap(({ model, poisoning, defense, worstCase, verdict }): Headline[] =>
      worstCase
        ? [
            {
              model: model?.id ?? null,
              poisoning: poisoning?.id ?? null,
              defense: defense?.id ?? null,
              worstCase: worstCase.mean,
              robust: verdict.robust,
              failedChecks: worstCase.failedChecks ?? [],
            },
          ]
        : [],
    )
    .sort((a, b) => b.worstCase - a.worstCase);
}

export class Library {
  /** Rows of files that nobody writes, by size and time of change: a long library is listed at once. */
  private known: Map<string, KnownRow> | null = null;
  private readonly cache: RowCache;
  /** Whether a row was read that is not in the cache. */
  private changed = false;

  /** @param shipped files of the sessions that come with the app, which are only read */
  constructor(
    readonly folder: string = join(homeFolder(), 'sessions'),
    cache?: RowCache,
    private readonly shipped: () => string[] = shippedFiles,
  ) {
    this.cache = cache ?? new RowCache(folder);
  }

  private get deletedFolder(): string {
    return join(this.folder, 'deleted');
  }

  /** Creates the folder if need be; throws LabError when that is not allowed. */
  prepare(): void {
    makeFolder(this.folder);
  }

  newFile(name: string, now: Date): string {
    this.prepare();
    return newSessionFile(this.folder, name, now);
  }

  /** Newest first. Lets other work through between files. */
  async list(): Promise<SessionRow[]> {
    const rows: SessionRow[] = [];
    const files = this.files();
    for (const file of files) {
      rows.push(this.row(file));
      await setImmediate();
    }
    this.keep(files);
    return rows.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  }

  /** The file of a session to be read: of the library, or of those that come with the app. */
  readable(id: string): string {
    return this.shipped().find((file) => idOf(file) === id) ?? this.fileOf(id);
  }

  /** The file of a session of the library. An id is never a path, so that none leads out of the folder. */
  fileOf(id: string): string {
    const file = join(this.folder, id + SESSION_ENDING);
    if (dirname(resolve(file)) !== resolve(this.folder) || !existsSync(file)) {
      throw new LabError(id, 'there is no such session in the library', `Sessions lie in ${this.folder}.`);
    }
    return file;
  }

  /** What the command line takes for a session: a path, an id, or a name that only one session has. */
  find(what: string): string {
    if (existsSync(what) && statSync(what).isFile()) return resolve(what);
    const files = this.files();
    const byId = [...files, ...this.shipped()].find((file) => idOf(file) === what);
    if (byId) return byId;
    const named = files.filter((file) => this.row(file).name === what);
    if (named.length === 1) return named[0]!;
    if (named.length > 1) {
      throw new LabError(
        what,
        `${named.length} sessions have this name`,
        `Say which by its id: ${named.map(idOf).join(', ')}.`,
      );
    }
    throw new LabError(
      what,
      'there is no such file, and no session of this id or name in the library',
      `“sparring list sessions” shows the library (${this.folder}).`,
    );
  }

  /**
   * Copies a session from elsewhere into the library and gives its id; one that is there already is not copied again.
   * Throws LabError for a file that is no session or is just being written.
   */
  import(path: string): string {
    const reader = SessionReader.open(path);
    const { id, name, createdAt } = reader.header();
    const last = reader.last();
    reader.close();
    if (dirname(resolve(path)) === resolve(this.folder)) return idOf(path);
    if (isBeingWritten(path))
      throw new LabError(
        path,
        'this session is being written',
        'Wait until its run is done, then try again.',
      );
    const there = join(this.folder, id + SESSION_ENDING);
    if (dirname(resolve(there)) === resolve(this.folder) && existsSync(there)) {
      const known = SessionReader.open(there);
      const isSame = known.header().createdAt === createdAt && known.last() >= last;
      known.close();
      if (isSame) return id;
    }
    const file = this.newFile(name, new Date(createdAt));
    try {
      // The log first: a session without its newest part would look whole.
      if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${file}-wal`, constants.COPYFILE_EXCL);
      copyFileSync(path, file, constants.COPYFILE_EXCL);
    } catch (error) {
      for (const end of COMPANIONS) rmSync(file + end, { force: true });
      throw new LabError(
        file,
        `the session cannot be copied (${(error as Error).message})`,
        'Check the permissions of the library’s folder, and the disk’s free space.',
      );
    }
    return idOf(file);
  }

  /** Also while the session is being written. */
  rename(id: string, name: string): void {
    this.setHeader(id, { name });
  }

  /** Keeps what the user says of a session in its file, where it travels with it; also while it is being written. */
  describe(id: string, said: { tags: string[]; notes: string }): void {
    this.setHeader(id, said);
  }

  private setHeader(id: string, fields: Record<string, unknown>): void {
    const database = SessionDatabase.write(this.fileOf(id));
    try {
      database.transaction(() => {
        for (const [field, value] of Object.entries(fields)) {
          database.run(
            'INSERT INTO header (field, value) VALUES (?1, ?2) ON CONFLICT (field) DO UPDATE SET value = ?2',
            field,
            JSON.stringify(value),
          );
        }
      });
    } finally {
      database.close();
    }
    this.known?.delete(this.fileOf(id));
  }

  /** Moves the session aside, where `undelete` finds it. */
  delete(id: string): void {
    const file = this.fileOf(id);
    if (isBeingWritten(file)) throw new LabError(id, 'this session is being written', 'Stop its run first.');
    makeFolder(this.deletedFolder);
    move(file, join(this.deletedFolder, basename(file)));
  }

  undelete(id: string): void {
    const aside = join(this.deletedFolder, id + SESSION_ENDING);
    if (dirname(resolve(aside)) !== resolve(this.deletedFolder) || !existsSync(aside)) {
      throw new LabError(id, 'this session cannot be brought back', 'Look for it in the system’s trash.');
    }
    move(aside, join(this.folder, basename(aside)));
  }

  /** Every file of every deleted session, to be thrown away for good. */
  deletedFiles(): string[] {
    return existsSync(this.deletedFolder)
      ? readdirSync(this.deletedFolder).map((name) => join(this.deletedFolder, name))
      : [];
  }

  private files(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((name) => name.endsWith(SESSION_ENDING) && !name.startsWith('.'))
      .map((name) => join(this.folder, name));
  }

  private row(file: string): SessionRow {
    const rows = (this.known ??= this.cache.read());
    const stat = statSync(file, { throwIfNoEntry: false });
    const stamp = `${stat?.size} ${stat?.mtimeMs}`;
    const known = rows.get(file);
    if (known?.stamp === stamp) return known.row;
    const row = rowOf(file);
    // With a log beside it the file changes without its time of change telling; who writes it may be killed.
    if (!existsSync(`${file}-wal`) && !isBeingWritten(file)) {
      rows.set(file, { stamp, row });
      this.changed = true;
    }
    return row;
  }

  /** Keeps the rows for the next start, those of files that are gone left out. */
  private keep(files: readonly string[]): void {
    if (!this.changed || !this.known) return;
    this.changed = false;
    const present = new Set(files);
    for (const file of this.known.keys()) if (!present.has(file)) this.known.delete(file);
    this.cache.write(this.known);
  }
}

/** Creates a folder that sessions are to be written in; throws LabError when that is not allowed. */
export function makeFolder(folder: string): void {
  try {
    // Not `recursive`: that never returns where the system denies a folder as if its parent were missing (/proc).
    if (!existsSync(folder)) {
      makeFolder(dirname(folder));
      mkdirSync(folder);
    }
    if (!statSync(folder).isDirectory()) throw new Error('there is a file of this name');
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError(
      folder,
      `the folder cannot be created (${(error as Error).message})`,
      'Choose a folder you may write.',
    );
  }
}

function move(from: string, to: string): void {
  if (existsSync(to))
    throw new LabError(to, 'there is a session of this name already', 'Rename or move that file first.');
  for (const end of COMPANIONS) {
    if (!existsSync(from + end)) continue;
    try {
      renameSync(from + end, to + end);
    } catch (error) {
      throw new LabError(
        from + end,
        `the file cannot be moved (${(error as Error).message})`,
        'Close whatever uses it, then try again.',
      );
    }
  }
}
