/**
 * Who is writing a session: its writer holds SQLite's exclusive lock on an empty file beside it. The operating system
 * releases the lock with the process, however that ends, so a crashed run never looks like a living one.
 */
import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { LabError } from '../contract/problem';
import { sessionError } from './database';

const lockOf = (file: string) => `${file}-lock`;
const BUSY = 5;

/** How long a writer waits for a reader that is just looking whether somebody writes, in milliseconds. */
const PATIENCE = 500;

export interface WriterLock {
  release(): void;
}

/** A connection that holds the lock, or null when another process does. */
function tryLock(path: string, timeout: number): InstanceType<typeof DatabaseSync> | null {
  const connection = new DatabaseSync(path, { timeout });
  try {
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch (error) {
    connection.close();
    if ((error as { errcode?: number }).errcode === BUSY) return null;
    throw error;
  }
}

/** Makes this process the session's one writer. */
export function lockForWriting(file: string): WriterLock {
  const path = lockOf(file);
  let connection: InstanceType<typeof DatabaseSync> | null;
  try {
    connection = tryLock(path, PATIENCE);
    // Whoever held the lock before removed the file before letting go: what we have then is a lock on nothing.
    if (connection && !existsSync(path)) {
      connection.close();
      connection = tryLock(path, PATIENCE);
    }
  } catch (error) {
    throw sessionError(error, file);
  }
  if (!connection) {
    throw new LabError(
      file,
      'this session is being written by a running Sparring',
      'Stop that run first, or wait until it is done.',
    );
  }
  return {
    release() {
      if (!connection.isOpen) return;
      try {
        rmSync(path, { force: true });
      } catch {
        // Windows removes no open file; an empty one left behind does no harm.
      }
      connection.close();
    },
  };
}

/** Whether a living process writes the session. */
export function isBeingWritten(file: string): boolean {
  const path = lockOf(file);
  if (!existsSync(path)) return false;
  try {
    const connection = tryLock(path, 0);
    connection?.close();
    return connection === null;
  } catch {
    // A lock in a folder we may not write: no run of ours holds it.
    return false;
  }
}
