import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fold, initialState } from '../../../src-main/contract/fold';
import { exporterCatalog, exportSession } from '../../../src-main/sessions/exporters';
import { toCsv } from '../../../src-main/contract/csv';
import { curveRows, metricRows } from '../../../src-main/sessions/exporters/formats/csv';
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
  for (const { id, extension } of exporterCatalog()) {
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

  it('is named when it is not known', async () => {
    await expect(exportSession(session(), 'xls', '/tmp/a')).rejects.toThrow('no such export format');
  });
});
