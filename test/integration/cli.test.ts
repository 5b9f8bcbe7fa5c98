import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import { isControl, type RecordedEvent, type RunEvent } from '../../src-main/contract/events';
import { firstDifference } from '../../src-main/sessions/compare';
import { withSession } from '../../src-main/sessions/reader';
import type { Shown } from '../../src-main/sessions/show';
import { temporaryFolder } from '../unit/sessions/session-fixture';
import { sparring, start, type Finished } from './sparring';

const small = (epochs: number) => `
name: small
task: classification
seeds: [1, 2]
dataset: {id: mnist, train: 800, test: 200}
model: {id: small-cnn}
training: {epochs: ${epochs}, batchSize: 64}
attacks:
  - {id: fgsm, epsilon: [0.1, 0.3]}
evaluation: {samples: 100}
`;

function experimentFile(epochs: number): { home: string; file: string } {
  const home = temporaryFolder();
  const file = join(home, 'small.yaml');
  writeFileSync(file, small(epochs));
  return { home, file };
}

type RunAnswer = Shown & { file: string; id: string };

/** The first session of a library, as soon as it holds `events` events. */
async function sessionWith(
  home: string,
  events: number,
): Promise<{ file: string; recorded: RecordedEvent[] }> {
  const folder = join(home, 'sessions');
  for (;;) {
    await setTimeout(20);
    const name =
      existsSync(folder) &&
      readdirSync(folder).find((entry) => entry.endsWith('.sparring') && !entry.startsWith('.'));
    if (!name) continue;
    const file = join(folder, name);
    const recorded = withSession(file, (session) => session.events());
    if (recorded.length >= events) return { file, recorded };
  }
}

/** A run that must succeed; what `run --json` or `resume --json` printed. */
async function answerOf(finished: Promise<Finished>): Promise<RunAnswer> {
  const { code, stdout, stderr } = await finished;
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as RunAnswer;
}

const engineEvents = (file: string): RunEvent[] =>
  withSession(file, (session) => session.events().flatMap(({ event }) => (isControl(event) ? [] : [event])));

const withoutSeconds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (/seconds$/i.test(key) ? undefined : inner)));

describe('a run from the command line', () => {
  it('is recorded, shown, reproduced and exported', async () => {
    const { home, file } = experimentFile(1);
    const answer = await answerOf(
      sparring(home, 'run', file, '--json', '--set', 'training.learningRate=0.002'),
    );
    expect(answer).toMatchObject({
      name: 'small',
      status: 'done',
      spec: { training: { learningRate: 0.002 } },
    });
    expect(answer.file.startsWith(join(home, 'sessions'))).toBe(true);
    expect(answer.arms.map(({ seed, attacks }) => [seed, attacks.length])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    const { accuracy } = answer.arms[0]!.clean!;
    expect(accuracy).toBeGreaterThan(0.3);

    const shown = await sparring(home, 'show', answer.id, '--json');
    const { file: _, id: __, ...rest } = answer;
    expect(JSON.parse(shown.stdout)).toEqual(rest);

    const reproduced = await sparring(home, 'reproduce', 'small');
    expect(reproduced.code, reproduced.stdout + reproduced.stderr).toBe(0);
    expect(reproduced.stdout).toContain('Identical');

    for (const [format, out] of [
      ['csv', 'a.csv'],
      ['json', 'a.json'],
      ['tensorboard', 'board'],
    ] as const) {
      const exported = await sparring(
        home,
        'export',
        answer.file,
        '--format',
        format,
        '--out',
        join(home, out),
      );
      expect(exported.code, exported.stderr).toBe(0);
    }
    expect(JSON.parse(readFileSync(join(home, 'a.json'), 'utf8'))).toEqual(rest);
    expect(readFileSync(join(home, 'a.csv'), 'utf8')).toContain(`accuracy,${accuracy}`);
    expect(readdirSync(join(home, 'board'))).toEqual([
      'arm-0-small-cnn-clean-undefended-seed-1',
      'arm-1-small-cnn-clean-undefended-seed-2',
    ]);
  });

  it('survives kill -9, and resumed it equals a run that was not disturbed', async () => {
    const { home, file } = experimentFile(12);
    const { process: child, finished } = start(home, 'run', file);
    const { file: session, recorded } = await sessionWith(home, 30);
    process.kill(-child.pid!, 'SIGKILL');
    await finished;

    withSession(session, (reader) => {
      reader.check();
      expect(reader.status()).toBe('interrupted');
      // Every event that was seen, thus acknowledged, is still there, to the last bit.
      expect(reader.events({ limit: recorded.length })).toEqual(recorded);
    });
    const list = JSON.parse((await sparring(home, 'list', 'sessions', '--json')).stdout) as {
      status: string;
    }[];
    expect(list.map(({ status }) => status)).toEqual(['interrupted']);

    const resumed = await answerOf(sparring(home, 'resume', 'small', '--json'));
    const undisturbed = await answerOf(sparring(home, 'run', file, '--json', '--out', join(home, 'other')));
    expect(resumed.status).toBe('done');
    expect(withoutSeconds(resumed.arms)).toEqual(withoutSeconds(undisturbed.arms));
    const [events, expected] = [engineEvents(resumed.file), engineEvents(undisturbed.file)];
    expect(events.length).toBe(expected.length);
    expected.forEach((event, i) => expect(firstDifference(event, events[i]!)).toBeNull());
    // Finished runs are not taken up.
    expect((await sparring(home, 'resume', 'small')).code).toBe(2);
  });

  it('stops on Ctrl-C: what is done stays', async () => {
    const { home, file } = experimentFile(40);
    const { process: child, finished } = start(home, 'run', file, '--json');
    const { file: session } = await sessionWith(home, 10);
    process.kill(child.pid!, 'SIGINT');
    const { code, stdout } = await finished;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'stopped' });
    expect(readdirSync(join(home, 'sessions'))).toEqual([session.slice(join(home, 'sessions').length + 1)]);
  });

  it('that differs is found out, with the event and the field', async () => {
    const { home, file } = experimentFile(1);
    const { file: session } = await answerOf(sparring(home, 'run', file, '--json'));
    const database = new DatabaseSync(session);
    database.exec(
      "UPDATE event SET body = json_set(body, '$.metrics.accuracy', 0.123) WHERE sequence = (SELECT min(sequence) FROM event WHERE type = 'evaluation')",
    );
    database.close();
    const { code, stdout } = await sparring(home, 'reproduce', session);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Differs at event \d+ \(evaluation\), metrics.accuracy: recorded 0.123/);
  });
});

describe('input that is refused', () => {
  it('leaves no session behind', async () => {
    const { home, file } = experimentFile(1);
    const data = join(home, 'data');
    mkdirSync(data);
    const answers = await Promise.all([
      sparring(home, 'run', file, '--set', `dataset={id: idx, path: ${data}}`),
      sparring(home, 'run', file, '--set', 'attacks.0.epsilon=-1'),
      sparring(home, 'run', file, '--out', '/proc/nothing'),
    ]);
    for (const { code, stdout, stderr } of answers) {
      expect(code, stderr).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).not.toContain('not expected');
    }
    expect(answers[0]!.stderr).toContain(data);
    expect(answers[1]!.stderr).toContain('attacks.0.epsilon');
    const sessions = join(home, 'sessions');
    expect(existsSync(sessions) ? readdirSync(sessions) : []).toEqual([]);
  });

  it('is told for files that are no sessions', async () => {
    const { home, file } = experimentFile(1);
    const { code, stderr } = await sparring(home, 'show', file);
    expect(code).toBe(2);
    expect(stderr).toContain('not a Sparring session');
  });
});

describe('the bundles', () => {
  it('of main and preload load neither TensorFlow nor the engine', () => {
    const out = join(process.cwd(), 'out');
    const loaded = (file: string, seen = new Set<string>()): Set<string> => {
      for (const [, target] of readFileSync(file, 'utf8').matchAll(/\brequire\("([^"]+)"\)/g)) {
        const path = target!.startsWith('.') ? join(file, '..', target!) : target!;
        if (seen.has(path)) continue;
        seen.add(path);
        if (target!.startsWith('.')) loaded(path, seen);
      }
      return seen;
    };
    expect([...loaded(join(out, 'main', 'index.js'))].filter((name) => /tfjs|engine/.test(name))).toEqual([]);
    expect([...loaded(join(out, 'preload', 'index.js'))]).toEqual(['electron']);
  });
});
