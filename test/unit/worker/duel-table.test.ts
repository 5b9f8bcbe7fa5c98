/** From a recorded session to a duel with one of its agents. */
import '@tensorflow/tfjs-node';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src-main/contract/catalog-data';
import type { DuelFacts, DuelRival, DuelView } from '../../../src-main/contract/duel';
import type { RunEvent } from '../../../src-main/contract/events';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { withSession } from '../../../src-main/sessions/reader';
import { createSession, SessionWriter } from '../../../src-main/sessions/writer';
import { DuelTable } from '../../../src-main/worker/duel-table';
import { SessionRun } from '../../../src-main/worker/session-run';
import { header, provenance, temporaryFolder } from '../sessions/session-fixture';

async function recorded(): Promise<string> {
  const parsed = parseExperiment(
    {
      name: 'lake',
      task: 'reinforcement-learning',
      seeds: [4],
      environment: { id: 'FrozenLake-v1' },
      agent: { id: 'q-learning', steps: 20_000, examinations: 2 },
      attacks: [{ id: 'lowest-value', cells: 2 }],
      evaluation: { episodes: 4 },
    },
    catalog,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { experiment } = parsed;
  const file = join(temporaryFolder(), 'lake.sparring');
  createSession(file, { ...header('lake'), spec: experiment });
  const run = new SessionRun(SessionWriter.open(file, provenance), () => {});
  expect(await run.toEnd(() => Promise.resolve({ experiment, inputs: {} }))).toMatchObject({
    status: 'done',
  });
  return file;
}

describe('a duel with a recorded agent', () => {
  it('is held to the attack’s budget and scored beside random, the strongest recorded and the optimum', async () => {
    const file = await recorded();
    const table = new DuelTable();
    const begin = (choice: object) =>
      table.answer({
        what: 'begin',
        ask: { file, choice: { arm: 0, attack: 0, budget: 1, episode: 0, ...choice } },
      }) as Promise<DuelFacts>;
    await expect(table.answer({ what: 'rivals', ask: null })).rejects.toThrow('none has begun');
    await expect(begin({ arm: 1 })).rejects.toThrow('this session has no agent 1');

    const facts = await begin({});
    expect(facts).toMatchObject({
      kind: 'grid',
      reach: [1],
      limit: 100,
      actionNames: ['left', 'down', 'right', 'up'],
    });
    const rivals = (await table.answer({ what: 'rivals', ask: null })) as DuelRival[];
    expect(rivals.map(({ who, attack }) => [who, attack])).toEqual([
      ['unattacked', null],
      ['random', 'random-observation'],
      ['strongest', 'lowest-value'],
      ['optimum', 'optimal-displacement'],
    ]);
    // What the evaluation found of the same agent, at its own budget of two cells.
    const exactReturns = withSession(file, (session) =>
      session.ofType('evaluation', 0).map(({ metrics }) => metrics.exactReturn),
    );
    const wider = await begin({ budget: 2 });
    const [clean, , strongest, optimum] = (await table.answer({ what: 'rivals', ask: null })) as DuelRival[];
    expect([clean!.return, strongest!.return]).toEqual(exactReturns);
    expect(wider.view.outlook!.optimum).toBe(optimum!.return);

    // The recorded twin, move by move.
    const twin = withSession(file, (session) =>
      session
        .ofType('trajectory', 0)
        .find(({ attack, trainedSteps }) => attack === null && trainedSteps === null),
    ) as Extract<RunEvent, { type: 'trajectory' }>;
    let view = (await begin({})).view;
    const seen: number[] = [];
    while (!view.ended) {
      seen.push(view.observation[0]!);
      view = (await table.answer({
        what: 'turn',
        ask: { wanted: view.observation, advance: true },
      })) as DuelView;
    }
    expect(seen).toEqual([...twin.observations]);
    expect(view.return).toBe(twin.return);
  });
});
