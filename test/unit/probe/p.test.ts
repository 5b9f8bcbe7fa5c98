import '@tensorflow/tfjs-node';
import { it } from 'vitest';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { initialState, fold } from '../../../src-main/contract/fold';
import { summarize } from '../../../src-main/contract/summary';
import { engineCatalog } from '../../../src-main/engine/registry';
import { run } from '../../../src-main/engine/run';
import { recordingHost } from '../../fixtures/tiny';

async function go(raw: any) {
  const parsed = parseExperiment({ name: 'x', task: 'reinforcement-learning', seeds: [1, 2, 3], evaluation: { episodes: 20 }, ...raw }, engineCatalog());
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const host = recordingHost();
  const t = process.cpuUsage();
  await run({ experiment: parsed.experiment, inputs: {}, host, resume: null });
  const u = process.cpuUsage(t), s = (u.user + u.system) / 1000;
  const rows = new Map<string, any>();
  const started = host.events.find((e: any) => e.type === 'run-started') as any;
  for (const e of host.events as any[]) if (e.type === 'evaluation') {
    const arm = started.plan.arms[e.arm], at = e.attack === null ? null : started.plan.attacks[e.attack];
    const key = `${arm.defense ? arm.defense.params.attack.id + arm.defense.params.attack.params.cells : '-'} ${at ? at.id + at.params.cells : 'clean'}`;
    rows.set(key, [...(rows.get(key) ?? []), `${e.metrics.exactReturn.toFixed(3)}${at ? ' (' + (e.metrics.shareOfOptimum ?? NaN).toFixed(2) + ')' : ''}`]);
  }
  console.log(JSON.stringify(raw.environment), raw.agent.id, (s / 1000).toFixed(1) + 's', '\n' + [...rows].map(([k, v]) => k + ': ' + v.join('  ')).join('\n'),
    (host.events as any[]).filter((e) => e.type === 'check' && e.check.status !== 'pass').map((e) => e.check.evidence).join('\n'));
}
const attacks = [{ id: 'random-observation', cells: [1, 2] }, { id: 'target-action', cells: [1] }, { id: 'lowest-value', cells: [1, 2] }, { id: 'optimal-displacement', cells: [1, 2] }];
const defenses = ['random-observation', 'optimal-displacement'].map((id) => ({ id: 'training-under-attack', attack: { id, cells: 1 } }));
it('probe', async () => {
  for (const environment of [{ id: 'GoldBomb-5x5' }, { id: 'FrozenLake-v1', map: '8x8' }, { id: 'CliffWalking-v1' }, { id: 'CliffWalking-v1', slippery: true }])
    for (const agent of [{ id: 'q-learning' }, { id: 'sarsa' }]) await go({ environment, agent, attacks, defenses });
}, 600000);
