import '@tensorflow/tfjs-node';
import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { experimentFromText } from '../../../src-main/contract/experiment-text';
import { parseExperiment } from '../../../src-main/contract/experiment';
import { initialState, fold } from '../../../src-main/contract/fold';
import { summarize } from '../../../src-main/contract/summary';
import { engineCatalog } from '../../../src-main/engine/registry';
import { run } from '../../../src-main/engine/run';
import { recordingHost } from '../../fixtures/tiny';

async function go(experiment: any) {
  const host = recordingHost();
  let t0 = process.cpuUsage();
  (host as any).now = () => { const u = process.cpuUsage(t0); return (u.user + u.system) / 1e6; };
  const wall = performance.now();
  await run({ experiment, inputs: {}, host, resume: null });
  const state = host.events.reduce((s, event, i) => fold(s, { sequence: i + 1, at: i, event } as any), initialState());
  const { arms, summary } = summarize(state);
  console.log('=====', JSON.stringify(experiment.environment), JSON.stringify(experiment.agent), 'cpu', (host as any).now().toFixed(1), 'wall', ((performance.now() - wall) / 1000).toFixed(1),
    '\ntraining s', arms.map((a) => a.trainingSeconds!.toFixed(1)).join(' '), 'plan work', (host.events[0] as any).plan.work);
  const f = (i: any) => i ? `${i.mean.toFixed(3)} [${i.low.toFixed(3)}, ${i.high.toFixed(3)}]` : '-';
  for (const g of summary) {
    console.log(g.defense ? JSON.stringify(g.defense.params.attack) : 'undefended', 'clean', f(g.clean.exactReturn), 'opt', f(g.clean.optimalReturn), 'episodes', f(g.clean.return));
    for (const a of g.attacks) console.log('   ', a.id, a.params.cells, f(a.metrics.exactReturn), 'share', f(a.metrics.shareOfOptimum), 'attacked', f(a.metrics.attackedSteps), 'sampled', f(a.metrics.return), 'cert', f(a.metrics.certifiedReturn));
    console.log('   verdict', g.verdict.holds, g.verdict.robust, g.verdict.checks.map((c) => c.id + ' ' + c.status).join(', '));
    for (const c of g.verdict.checks) if (c.status === 'fail') console.log('   ', c.evidence);
  }
}
it('bout', async () => {
  const p: any = experimentFromText(readFileSync('examples/gridworld-oracle.yaml', 'utf8'), 'x', engineCatalog());
  if (!p.ok) throw new Error(JSON.stringify(p.problems));
  await go(p.experiment);
}, 600000);
it.runIf(process.env.MORE)('more', async () => {
  const attacks = ['random-observation', 'lowest-value', 'optimal-displacement'].map((id) => ({ id, cells: [1, 2] }));
  for (const environment of [{ id: 'FrozenLake-v1' }, { id: 'FrozenLake-v1', map: '8x8' }, { id: 'CliffWalking-v1', slippery: true }, { id: 'CliffWalking-v1' }, { id: 'Taxi-v4' }])
    for (const agent of ['q-learning', 'sarsa', 'value-iteration']) {
      const p: any = parseExperiment({ name: 'x', task: 'reinforcement-learning', seeds: agent === 'value-iteration' ? [1] : [1, 2, 3, 4, 5], environment, agent: { id: agent }, attacks, evaluation: { episodes: 50 } }, engineCatalog());
      if (!p.ok) throw new Error(JSON.stringify(p.problems));
      await go(p.experiment);
    }
}, 1200000);
