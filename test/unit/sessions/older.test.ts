/**
 * Sessions as earlier builds wrote them: what came later is absent. They are listed, judged and handed on like those of
 * today.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src-main/contract/events';
import { summarize } from '../../../src-main/contract/summary';
import { exportSession } from '../../../src-main/sessions/exporters';
import { rowOf } from '../../../src-main/sessions/library';
import { SessionReader } from '../../../src-main/sessions/reader';
import { stateOf } from '../../../src-main/sessions/show';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { experiment, header, provenance, run, temporaryFolder } from './session-fixture';

const bar = { shape: 'line', x1: 0, y1: 0, x2: 1, y2: 1, width: 1, ink: 'muted' } as const;
/** An episode of three steps, with nothing of what the agent thought, of budgets and of certificates. */
const episode = (attack: number | null): RunEvent => ({
  ...{ type: 'trajectory', arm: 0, attack, trainedSteps: null },
  ...{
    scene: { width: 10, height: 10, legend: [] } as never,
    frames: Array(4).fill([bar]),
    perceivedFrames: [],
  },
  ...{ observationNames: ['x (m)'], observations: new Float32Array([0, 1, 2]) },
  perceived: attack === null ? new Float32Array() : new Float32Array([0.1, 0.9, 2]),
  ...{ actions: new Uint8Array([0, 1, 0]), rewards: new Float32Array([1, 1, 1]), return: 3 },
  ...{ terminated: true, truncated: false },
});
const plan = (run[0] as Extract<RunEvent, { type: 'run-started' }>).plan;
const learnt: RunEvent[] = [
  {
    type: 'run-started',
    plan: {
      ...plan,
      task: 'reinforcement-learning',
      attacks: [{ ...plan.attacks[0]!, id: 'random-observation', surface: 'observation' }],
    },
  },
  { type: 'arm-started', arm: 0 },
  { type: 'trained', arm: 0, weights: {}, seconds: 1 },
  { type: 'evaluation', arm: 0, attack: null, metrics: { return: 3 } },
  episode(null),
  { type: 'evaluation', arm: 0, attack: 0, metrics: { return: 2.5 } },
  episode(0),
  { type: 'arm-finished', arm: 0 },
  { type: 'run-finished' },
];

function older(events: readonly RunEvent[], spec = experiment): string {
  const file = join(temporaryFolder(), 'older.sparring');
  createSession(file, { ...header(), spec });
  const writer = SessionWriter.open(file, provenance);
  for (const event of events) writer.append(event);
  writer.close();
  const database = new DatabaseSync(file);
  database.exec("DELETE FROM header WHERE field IN ('tags', 'notes')");
  // Plans did not name the model of an arm.
  database.exec(
    "UPDATE event SET body = json_remove(body, '$.plan.arms[0].model') WHERE type = 'run-started'",
  );
  database.close();
  return file;
}

const SESSIONS = {
  'of a classifier': () => older(run),
  'of an agent': () => older(learnt, { ...experiment, task: 'reinforcement-learning' }),
};

describe.each(Object.entries(SESSIONS))('an older session %s', (_, session) => {
  it('is listed, without tags and notes', () => {
    expect(rowOf(session())).toMatchObject({ problem: null, status: 'done', tags: [], notes: '' });
  });
  it('is summarised, its arm without a model', () => {
    const reader = SessionReader.open(session());
    const { arms, summary } = summarize(stateOf(reader));
    reader.close();
    expect(arms[0]!.model).toBeNull();
    expect(summary[0]!.attacks.length).toBeGreaterThan(0);
  });
  it.each(['html', 'json', 'latex'])('is handed on as %s', async (format) => {
    const out = join(temporaryFolder(), `a.${format}`);
    await exportSession(session(), format, out);
    expect(readFileSync(out, 'utf8')).toContain('small');
  });
});

it('shows the episode of an older session in its report', async () => {
  const out = join(temporaryFolder(), 'a.html');
  await exportSession(SESSIONS['of an agent'](), 'html', out);
  const page = readFileSync(out, 'utf8');
  expect(page).toContain('An episode of Undefended under');
  expect(page).toContain('return 3.000, 3.000 from the same start when it is left alone. 3 steps.');
});
