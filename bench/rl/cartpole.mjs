/**
 * DQN (50,000 steps) or PPO (100,000 steps) on CartPole-v1: Sparring beside Stable-Baselines3, seed by seed on the same
 * cores.
 *
 *     node bench/rl/cartpole.mjs --agent dqn --python VENV/bin/python --seeds 1 2 3 4 5
 *
 * Processor seconds are told too, since other work on the machine does not change them much. Without --python only
 * Sparring is run. Sparring's seconds hold its examinations for the best checkpoint (some fifty times twenty greedy
 * episodes), Stable-Baselines3's its training alone.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';

process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
process.env.TF_CPU_ALLOCATOR_USE_BFC ??= '1';
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const { values, positionals } = parseArgs({
  options: {
    python: { type: 'string' },
    agent: { type: 'string', default: 'dqn' },
    seeds: { type: 'string', multiple: true, default: ['1'] },
  },
  allowPositionals: true,
});
const seeds = [...values.seeds, ...positionals].map(Number);

const server = await createServer({
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true },
  appType: 'custom',
});
await import('@tensorflow/tfjs-node');
const { run } = await server.ssrLoadModule('/src-main/engine/run.ts');
const { engineCatalog } = await server.ssrLoadModule('/src-main/engine/registry.ts');
const { parseExperiment } = await server.ssrLoadModule('/src-main/contract/experiment.ts');

async function sparring(seed) {
  const { experiment } = parseExperiment(
    {
      name: 'bench',
      task: 'reinforcement-learning',
      seeds: [seed],
      environment: { id: 'CartPole-v1' },
      agent: { id: values.agent },
      evaluation: { episodes: 50 },
    },
    engineCatalog(),
  );
  const result = {};
  const cpu = process.cpuUsage();
  await run({
    experiment,
    inputs: {},
    resume: null,
    host: {
      emit(event) {
        if (event.type === 'trained') {
          const { user, system } = process.cpuUsage(cpu);
          Object.assign(result, {
            seconds: Number(event.seconds.toFixed(1)),
            cpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
          });
        }
        if (event.type === 'evaluation')
          Object.assign(result, { bestReturn: event.metrics.return, finalReturn: event.metrics.finalReturn });
      },
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      signal: new AbortController().signal,
      now: () => performance.now() / 1000,
    },
  });
  return result;
}

const sb3 = (seed) =>
  JSON.parse(
    execFileSync(values.python, [new URL('sb3.py', import.meta.url).pathname, values.agent, String(seed)], {
      encoding: 'utf8',
    }),
  );

for (const seed of seeds) {
  console.log(
    JSON.stringify({
      agent: values.agent,
      seed,
      sparring: await sparring(seed),
      ...(values.python && { sb3: sb3(seed) }),
    }),
  );
}
await server.close();
