import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './console.mjs';

/** The lock this process holds, if any; a tool it runs is noted beside it. */
let held = null;

/**
 * Runs `work` while holding a lock file. A lock whose owner is dead is taken over; its leftover tool is ended first.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  await acquire(path);
  await endLeftover(`${path}.tool`);
  held = path;
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
    held = null;
  }
}

async function acquire(path) {
  const mine = `${path}.${process.pid}`;
  let told = false;
  for (;;) {
    writeFileSync(mine, JSON.stringify(identity(process.pid)));
    try {
      linkSync(mine, path); // fails when the lock exists; unlike open-then-write it is never seen half-written
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(mine, { force: true });
    }
    const owner = read(path);
    if (owner && isAlive(owner)) {
      if (!told) say(`another set-up is at work (process ${owner.pid}); waiting for it …`);
      told = true;
      await sleep(500);
    } else {
      takeOver(path);
    }
  }
}

/** Moves a stale lock aside. If another process was quicker and we moved its live lock, it is put back. */
function takeOver(path) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const owner = read(aside);
  if (owner && isAlive(owner)) {
    renameSync(aside, path);
    return;
  }
  rmSync(aside, { force: true });
}

/** A set-up that was killed outright could not end its npm or pip: two at work on one folder would spoil it. */
async function endLeftover(path) {
  const tool = read(path);
  if (tool && isAlive(tool)) {
    say(`ending process ${tool.pid}, left over from an interrupted set-up.`);
    process.kill(tool.pid, 'SIGTERM');
    for (let waited = 0; isAlive(tool); waited += 100) {
      if (waited === 5000) process.kill(tool.pid, 'SIGKILL'); // npm finishes what it is at when asked politely
      await sleep(100);
    }
  }
  rmSync(path, { force: true });
}

/** Notes the tool that runs on behalf of the held lock. */
export function noteChild(pid) {
  if (held) writeFileSync(`${held}.tool`, JSON.stringify(identity(pid)));
}

export function forgetChild() {
  if (held) rmSync(`${held}.tool`, { force: true });
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** A process id with its start time where the system tells it: ids are used again, above all in containers. */
function identity(pid) {
  return { pid, started: startTime(pid) };
}

function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return startTime(pid) === started;
}

/** Field 22 of /proc/PID/stat (19 after the bracket that closes the name); null where there is no /proc. */
function startTime(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return null;
  }
}
