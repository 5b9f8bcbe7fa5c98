import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fold, initialState } from '../../../src-main/contract/fold';
import { exporterCatalog, exportSession } from '../../../src-main/sessions/exporters';
import { toCsv } from '../../../src-main/contract/csv';
import { toLatex } from '../../../src-main/contract/latex';
import { curveRows, metricRows } from '../../../src-main/sessions/exporters/tables';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { header, provenance, run, temporaryFolder } from './session-fixture';

function session(events = run): string {
  const file = join(temporaryFolder(), 'a.sparring');
  createSession(file, header());
  const writer = SessionWriter.open(file, provenance);
  events.forEach((event) => writer.append(event));
  writer.close();
  return file;
}

const state = run.reduce(
  (folded, event, i) => fold(folded, { sequence: i + 1, at: i, event }),
  initialState(),
);

describe('CSV', () => {
  it('has a row per arm, attack and metric', () => {
    expect(metricRows(state)).toHaveLength(2 + 3 + 3);
    expect(
      toCsv(metricRows(state), ['arm', 'attack'], ['metric', 'value']).split('\r\n').slice(0, 4),
    ).toEqual([
      'arm,attack,attack.epsilon,attack.norm,defense,failedChecks,model,poisoning,seed,metric,value',
      '0,,,,,,,,1,accuracy,0.75',
      '0,,,,,,,,1,seconds,1',
      '0,fgsm,0.1,linf,,,,,1,accuracy,0.5',
    ]);
    expect(curveRows(state).map(({ x, value }) => [x, value])).toEqual([
      [1, 0.5],
      [2, 0.25],
    ]);
  });
  it('names the failed checks beside what an attack left, and beside nothing else', () => {
    const failed = fold(structuredClone(state), {
      ...{ sequence: 99, at: 99 },
      event: { type: 'check', arm: 0, check: { id: 'zero-gradients', status: 'fail', evidence: '' } },
    });
    expect(
      metricRows(failed).map(({ attack, metric, failedChecks }) => [attack, metric, failedChecks]),
    ).toEqual([
      [undefined, 'accuracy', ''],
      [undefined, 'seconds', ''],
      ...[1, 2].flatMap(() => [
        ['fgsm', 'accuracy', 'zero-gradients'],
        ['fgsm', 'robustAccuracy', 'zero-gradients'],
        ['fgsm', 'medianLinf', ''],
      ]),
    ]);
  });
  it('quotes what needs it', () => {
    expect(toCsv([{ a: 'x,"y"', b: null, c: { id: 'pgd' } }], [], [])).toBe(
      'a,b,c\r\n"x,""y""",,"{""id"":""pgd""}"\r\n',
    );
  });
});

describe('every exporter', () => {
  // PDFs are printed by Electron: test/integration/export.test.ts.
  for (const { id, extension } of exporterCatalog().filter(({ id }) => id !== 'pdf')) {
    it(`${id} writes a whole session, and one that has only begun`, async () => {
      const folder = temporaryFolder();
      await exportSession(session(), id, join(folder, `whole${extension}`));
      await exportSession(session(run.slice(0, 3)), id, join(folder, `begun${extension}`));
      await exportSession(session([]), id, join(folder, `empty${extension}`));
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(readdirSync(folder)).toContain(`whole${extension}`);
    });

    it(`${id} leaves nothing behind where it may not write`, async () => {
      const folder = temporaryFolder();
      await expect(exportSession(session(), id, join(folder, 'not', `there${extension}`))).rejects.toThrow(
        'there is no folder',
      );
      mkdirSync(join(folder, 'full'));
      writeFileSync(join(folder, 'full', 'something'), '');
      await expect(exportSession(session(), id, join(folder, 'full'))).rejects.toThrow('something in it');
      expect(readdirSync(folder)).toEqual(['full']);
    });
  }

  it('replaces a file only when the new one is whole', async () => {
    const out = join(temporaryFolder(), 'a.json');
    writeFileSync(out, 'before');
    const broken = join(temporaryFolder(), 'broken.sparring');
    writeFileSync(broken, readFileSync(session()).subarray(0, 5000));
    await expect(exportSession(broken, 'json', out)).rejects.toThrow('truncated or damaged');
    expect(readFileSync(out, 'utf8')).toBe('before');
    await exportSession(session(), 'json', out);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ name: 'small', status: 'done' });
  });

  it('leaves what was there when the disk is full, and says so', async () => {
    const out = join(temporaryFolder(), 'a.json');
    writeFileSync(out, 'before');
    // Where the export is written before it gets its name, the disk is full.
    symlinkSync('/dev/full', join(out, '..', `.a.json-${process.pid}.new`));
    await expect(exportSession(session(), 'json', out)).rejects.toThrow('the disk is full');
    expect(readFileSync(out, 'utf8')).toBe('before');
    expect(readdirSync(join(out, '..'))).toEqual(['a.json']);
  });

  it('pdf says why plain Node cannot print, and what to do', async () => {
    const folder = temporaryFolder();
    await expect(exportSession(session(), 'pdf', join(folder, 'a.pdf'))).rejects.toMatchObject({
      problem: { message: expect.stringContaining('plain Node'), remedy: expect.stringContaining('html') },
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is named when it is not known', async () => {
    await expect(exportSession(session(), 'xls', '/tmp/a')).rejects.toThrow('no such export format');
  });
});

describe('the report', () => {
  it('holds everything it shows, and no markup of what it tells', async () => {
    const out = join(temporaryFolder(), 'a.html');
    const hostile = structuredClone(run);
    hostile.splice(-2, 0, {
      ...{ type: 'warning', arm: 0, code: 'x' },
      message: '<script>alert(1)</script><img onerror=alert(1)>',
    });
    await exportSession(session(hostile), 'html', out);
    const page = readFileSync(out, 'utf8');
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<img onerror');
    expect(page).toContain('&lt;script&gt;');
    // Nothing is fetched: namespaces alone look like addresses.
    const addresses = [...page.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(([, to]) => to!);
    expect(addresses.filter((to) => !/^(data:|#)/.test(to))).toEqual([]);
    expect(page.match(/<svg /g)!.length).toBeGreaterThanOrEqual(3);
    for (const said of [
      'Undefended',
      'FGSM · ε 0.3',
      '25.0',
      'sparring reproduce small-1',
      '2.16.2',
      'name: small',
    ])
      expect(page).toContain(said);
  });

  it('gives each figure identifiers of its own', async () => {
    const out = join(temporaryFolder(), 'a.html');
    await exportSession(session(), 'html', out);
    const ids = [...readFileSync(out, 'utf8').matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('LaTeX', () => {
  it('writes what its alphabet lacks, and strong and doubtful numbers', () => {
    const text = toLatex({
      ...{ title: 'a_b & 5 %', name: 'x', notes: ['† 95 % – ε'] },
      columns: ['Arm', 'PGD · ε 0.3'],
      rows: [[{ text: 'a' }, { text: '−1', small: '0 – 2', best: true, doubtful: true }]],
    });
    expect(text).toContain('\\caption{a\\_b \\& 5 \\%}');
    expect(text).toContain('Arm & PGD $\\cdot$ $\\varepsilon$ 0.3 \\\\');
    expect(text).toContain('a & \\textbf{$-$1}$^\\dagger$ {\\scriptsize 0 -- 2} \\\\');
    // eslint-disable-next-line no-control-regex
    expect(text).toMatch(/^[\x00-\x7f]*$/);
  });
});
