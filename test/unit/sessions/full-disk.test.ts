/**
 * A disk that is really full: a file system of a few kilobytes. Mounting one takes root; elsewhere these tests are skipped
 * with a notice, and the full disk is /dev/full alone (exporters.test.ts).
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exporterCatalog, exportSession } from '../../../src-main/sessions/exporters';
import { Library } from '../../../src-main/sessions/library';
import { SessionReader } from '../../../src-main/sessions/reader';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { header, provenance, run, temporaryFolder } from './session-fixture';

const place = mkdtempSync(join(tmpdir(), 'sparring-full-'));
const mount = (size: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place]).status === 0;
const unmount = () => spawnSync('umount', ['-l', place]);

const mountable = mount('64k');
if (mountable) unmount();
else console.warn('skipped: no file system can be mounted here');
afterAll(() => rmSync(place, { recursive: true, force: true }));

function session(): string {
  const file = join(temporaryFolder(), 'a.sparring');
  createSession(file, header());
  const writer = SessionWriter.open(file, provenance);
  run.forEach((event) => writer.append(event));
  writer.close();
  return file;
}

describe.skipIf(!mountable)('on a full disk', () => {
  beforeEach(() => mount('1m'));
  afterEach(unmount);

  const FILLING = '.filling';
  /** Takes every byte that is left. */
  function fill(): void {
    const file = openSync(join(place, FILLING), 'w');
    try {
      for (;;) writeSync(file, Buffer.alloc(4096));
    } catch {
      closeSync(file);
    }
  }
  const ours = () => readdirSync(place).filter((name) => name !== FILLING);

  // PDFs are printed by Electron.
  for (const { id, extension } of exporterCatalog().filter(({ id }) => id !== 'pdf')) {
    it(`the export as ${id} says so and leaves what was there`, async () => {
      const out = join(place, `a${extension}`);
      if (extension) writeFileSync(out, 'before');
      fill();
      await expect(exportSession(session(), id, out)).rejects.toThrow('the disk is full');
      expect(ours()).toEqual(extension ? [`a${extension}`] : []);
      if (extension) expect(readFileSync(out, 'utf8')).toBe('before');
    });
  }

  it('a recording stops with what it holds, and can be read', () => {
    const file = join(place, 'a.sparring');
    createSession(file, header());
    const writer = SessionWriter.open(file, provenance);
    fill();
    let written = 0;
    expect(() => {
      for (;;) {
        writer.append({ type: 'progress', done: written, what: 'x'.repeat(2000) });
        written++;
      }
    }).toThrow('the disk is full');
    writer.close();
    rmSync(join(place, FILLING));
    const reader = SessionReader.open(file);
    expect(reader.last()).toBe(written);
    reader.close();
  });

  it('a session from elsewhere is not half copied into the library', () => {
    fill();
    const library = new Library(place);
    const file = session();
    expect(() => library.import(file)).toThrow(/cannot be copied .*ENOSPC/);
    expect(ours()).toEqual([]);
  });
});
