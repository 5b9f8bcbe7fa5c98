import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grantsOf } from '../../../src-main/sessions/grants';
import { homeFolder } from '../../../src-main/sessions/home';
import { Library, newSessionFile } from '../../../src-main/sessions/library';
import { withSession } from '../../../src-main/sessions/reader';
import { RowCache } from '../../../src-main/sessions/row-cache';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { header, provenance, run, temporaryFolder } from './session-fixture';

function libraryWith(...names: string[]): Library {
  const library = new Library(temporaryFolder());
  names.forEach((name, i) => {
    const file = library.newFile(name, new Date(2025, 0, 1 + i, 12));
    createSession(file, { ...header(name), name, createdAt: i });
    const writer = SessionWriter.open(file, provenance);
    run.forEach((event) => writer.append(event));
    writer.close();
  });
  return library;
}

describe('the library', () => {
  it('lies where the platform keeps data, or in SPARRING_HOME', () => {
    expect(homeFolder({ SPARRING_HOME: '/a' }, 'linux')).toBe('/a');
    expect(homeFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe(join('/data', 'sparring'));
    expect(homeFolder({}, 'darwin')).toMatch(/Library.Application Support.Sparring$/);
    expect(homeFolder({ APPDATA: '/roaming' }, 'win32')).toBe(join('/roaming', 'Sparring'));
  });

  it('names files by name and time, each once', () => {
    const folder = temporaryFolder();
    const now = new Date(2025, 0, 2, 3, 4, 5);
    const first = newSessionFile(folder, 'Große Räder: ε/3', now);
    expect(first).toBe(join(folder, 'gro-e-ra-der-3-20250102-030405.sparring'));
    writeFileSync(first, '');
    expect(newSessionFile(folder, 'Große Räder: ε/3', now)).toBe(
      join(folder, 'gro-e-ra-der-3-20250102-030405-2.sparring'),
    );
  });

  it('lists sessions, the newest first, broken ones with their fault', async () => {
    const library = libraryWith('one', 'two');
    writeFileSync(join(library.folder, 'broken.sparring'), 'no database');
    writeFileSync(join(library.folder, '.draft.sparring-1.new'), '');
    const rows = await library.list();
    expect(rows.map(({ name }) => name)).toEqual(['broken', 'two', 'one']);
    expect(rows[0]!.problem).toContain('not a Sparring session');
    expect(rows[1]).toMatchObject({
      id: 'two-20250102-120000',
      status: 'done',
      task: 'classification',
      events: run.length,
      arms: 1,
      armsDone: 1,
      attacks: ['fgsm'],
      defenses: [],
      problem: null,
    });
    // Read once, then known by size and time.
    expect((await library.list())[1]).toBe(rows[1]);
  });

  it('finds by path, id and unique name', () => {
    const library = libraryWith('one', 'one', 'two');
    const file = join(library.folder, 'two-20250103-120000.sparring');
    expect(library.find(file)).toBe(file);
    expect(library.find('two-20250103-120000')).toBe(file);
    expect(library.find('two')).toBe(file);
    expect(() => library.find('one')).toThrow('2 sessions have this name');
    expect(() => library.find('three')).toThrow('no session of this id or name');
  });

  it('renames, deletes and brings back', async () => {
    const library = libraryWith('one');
    const id = 'one-20250101-120000';
    library.rename(id, 'another');
    withSession(library.fileOf(id), (session) => expect(session.header().name).toBe('another'));
    expect((await library.list())[0]!.name).toBe('another');
    library.delete(id);
    expect(await library.list()).toEqual([]);
    expect(library.deletedFiles()).toHaveLength(1);
    library.undelete(id);
    expect(await library.list()).toHaveLength(1);
    expect(() => library.undelete(id)).toThrow('cannot be brought back');
  });

  it('does not delete a session that is being written', () => {
    const library = new Library(temporaryFolder());
    const file = library.newFile('one', new Date());
    createSession(file, header());
    const writer = SessionWriter.open(file, provenance);
    const id = file.slice(library.folder.length + 1, -'.sparring'.length);
    expect(() => library.delete(id)).toThrow('being written');
    writer.close();
    library.delete(id);
    expect(existsSync(file)).toBe(false);
  });

  it('keeps tags and notes in the file, beside the record, also while it is written', async () => {
    const library = libraryWith('one');
    const id = 'one-20250101-120000';
    const before = withSession(library.fileOf(id), (session) => session.events());
    const writer = SessionWriter.open(library.fileOf(id), provenance);
    library.describe(id, { tags: ['paper', 'ε 0.3'], notes: 'odd' });
    writer.close();
    library.describe(id, { tags: ['paper'], notes: 'odd, twice' });
    expect((await library.list())[0]).toMatchObject({
      tags: ['paper'],
      notes: 'odd, twice',
      text: 'name: small',
    });
    withSession(library.fileOf(id), (session) => {
      expect(session.header()).toMatchObject({ tags: ['paper'], notes: 'odd, twice' });
      expect(session.events()).toEqual(before);
    });
  });

  it('knows its rows at the next start, and believes none that another build wrote', async () => {
    const { folder } = libraryWith('one', 'two');
    const rows = await new Library(folder, new RowCache(folder, 'a build')).list();
    const known = new RowCache(folder, 'a build').read();
    expect([...known.values()].map(({ row }) => row.name).sort()).toEqual(['one', 'two']);
    expect(await new Library(folder, new RowCache(folder, 'a build')).list()).toEqual(rows);
    expect(new RowCache(folder, 'another').read().size).toBe(0);
    // A file that changed is read again, one that is gone is forgotten.
    const again = new Library(folder, new RowCache(folder, 'a build'));
    again.rename('one-20250101-120000', 'renamed');
    again.delete('two-20250102-120000');
    expect((await again.list()).map(({ name }) => name)).toEqual(['renamed']);
    expect([...new RowCache(folder, 'a build').read().values()].map(({ row }) => row.name)).toEqual([
      'renamed',
    ]);
    writeFileSync(join(folder, '.rows.json'), '{"build": "a bui');
    expect(
      (await new Library(folder, new RowCache(folder, 'a build')).list()).map(({ name }) => name),
    ).toEqual(['renamed']);
  });

  it('takes no path for an id', () => {
    const library = libraryWith('one');
    mkdirSync(join(library.folder, 'deleted'));
    writeFileSync(join(library.folder, '..', 'outside.sparring'), '');
    for (const id of ['../outside', 'deleted/../../outside', '..', '', '/etc/passwd']) {
      expect(() => library.fileOf(id)).toThrow('no such session');
      expect(() => library.undelete(id)).toThrow('cannot be brought back');
    }
  });
});

describe('grants', () => {
  it('allow what lies in a granted folder, and nothing a link leads out to', () => {
    const folder = temporaryFolder();
    const granted = join(folder, 'granted');
    mkdirSync(join(granted, 'inner'), { recursive: true });
    writeFileSync(join(folder, 'secret'), '');
    symlinkSync(join(folder, 'secret'), join(granted, 'link'));
    symlinkSync(granted, join(folder, 'alias'));
    const { allows } = grantsOf([granted]);
    expect(allows(granted)).toBe(true);
    expect(allows(join(granted, 'inner', 'not-there-yet'))).toBe(true);
    expect(allows(join(folder, 'alias', 'inner'))).toBe(true);
    expect(allows(join(granted, 'link'))).toBe(false);
    expect(allows(join(granted, '..', 'secret'))).toBe(false);
    expect(allows(`${granted}-other`)).toBe(false);
    expect(allows(folder)).toBe(false);
    expect(grantsOf([]).allows(granted)).toBe(false);
  });

  it('may be a single file', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'model.json'), '');
    const { allows } = grantsOf([join(folder, 'model.json')]);
    expect(allows(join(folder, 'model.json'))).toBe(true);
    expect(allows(join(folder, 'other.json'))).toBe(false);
    expect(readFileSync(join(folder, 'model.json'), 'utf8')).toBe('');
  });

  it('of an address hold for it alone', () => {
    const { allows } = grantsOf(['https://example.org/models/digits']);
    expect(allows('https://EXAMPLE.org:443/models/digits')).toBe(true);
    for (const other of [
      'http://example.org/models/digits',
      'https://example.org:444/models/digits',
      'https://example.org.evil.org/models/digits',
      'https://example.org/models/digits/more',
      'https://example.org/models/digits?to=elsewhere',
      'https://example.org/models/../secret',
      'https://example.org/',
      '/models/digits',
    ])
      expect(allows(other), other).toBe(false);
    expect(grantsOf(['/']).allows('https://example.org/')).toBe(false);
  });
});
