import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSession, SessionWriter } from '../../src-main/sessions/writer';
import { header, provenance, run, temporaryFolder } from '../unit/sessions/session-fixture';
import { sparring } from './sparring';

function recorded(home: string, id: string, epochs = 2): string {
  const file = join(home, `${id}.sparring`);
  const { spec, ...rest } = header(id);
  createSession(file, { ...rest, name: id, spec: { ...spec, training: { ...spec.training!, epochs } } });
  const writer = SessionWriter.open(file, provenance);
  run.forEach((event) => writer.append(event));
  writer.close();
  return file;
}

describe('the report as PDF', () => {
  it('is printed by Electron, unseen', async () => {
    const home = temporaryFolder();
    const out = join(home, 'a.pdf');
    const { code, stderr } = await sparring(
      home,
      'export',
      recorded(home, 'a'),
      '--format',
      'pdf',
      '--out',
      out,
    );
    expect(code, stderr).toBe(0);
    const pdf = readFileSync(out);
    expect(pdf.toString('latin1', 0, 5)).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(10_000);
    expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is refused clearly where there is no display, and nothing is left behind', async () => {
    const home = temporaryFolder();
    const { DISPLAY, WAYLAND_DISPLAY, PATH } = process.env;
    // Node and nothing else: no xvfb-run.
    delete process.env['DISPLAY'];
    delete process.env['WAYLAND_DISPLAY'];
    process.env['PATH'] = '/nowhere';
    try {
      const out = join(home, 'a.pdf');
      const { code, stderr } = await sparring(
        home,
        'export',
        recorded(home, 'a'),
        '--format',
        'pdf',
        '--out',
        out,
      );
      expect(code).toBe(2);
      expect(stderr).toContain('there is none here');
      expect(stderr).toContain('Export html instead');
      expect(readdirSync(home)).toEqual(['a.sparring']);
    } finally {
      Object.assign(
        process.env,
        { PATH },
        DISPLAY ? { DISPLAY } : {},
        WAYLAND_DISPLAY ? { WAYLAND_DISPLAY } : {},
      );
    }
  });
});

describe('sessions compared on the command line', () => {
  it('stand in one table, with what differs and what a test can say', async () => {
    const home = temporaryFolder();
    const [one, other] = [recorded(home, 'one'), recorded(home, 'other', 5)];
    const { code, stdout, stderr } = await sparring(home, 'compare', one, other);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('one: Undefended');
    expect(stdout).toMatch(/training\.epochs +2 +5/);
    expect(stdout).toContain('With 1 seed an exact paired p cannot fall below 1');
    const json = JSON.parse((await sparring(home, 'compare', one, other, '--json')).stdout) as {
      sessions: unknown[];
      differences: unknown[];
      tests: { reference: string };
    };
    expect(json.sessions).toHaveLength(2);
    expect(json.differences).toEqual([{ path: 'training.epochs', values: [2, 5] }]);
    expect(json.tests.reference).toBe('one: Undefended');
    const refused = await sparring(home, 'compare', one, other, '--reference', '7');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('the table has 2 rows');
  });
});
