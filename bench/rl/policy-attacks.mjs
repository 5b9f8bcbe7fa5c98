/**
 * On one trained policy: the lab's FGSM per observation and MAD's divergence beside an independent implementation in
 * PyTorch, and environment steps a second beside Gymnasium.
 *
 *     node bench/rl/policy-attacks.mjs --python VENV/bin/python [--agent ppo] [--steps 30000] [--epsilon 0.1]
 *
 * The agent is trained here and its weights are handed over as they are. Observations are those of its own greedy
 * episodes, every tenth of them. MAD takes ten steps in both, from random starts of their own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';

process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
process.env.TF_CPU_ALLOCATOR_USE_BFC ??= '1';
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    agent: { type: 'string', default: 'ppo' },
    steps: { type: 'string', default: '30000' },
    epsilon: { type: 'string', default: '0.1' },
    seed: { type: 'string', default: '1' },
  },
});
const epsilon = Number(values.epsilon);

const server = await createServer({
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true },
  appType: 'custom',
});
await import('@tensorflow/tfjs-node');
const load = (path) => server.ssrLoadModule(path);
const { run } = await load('/src-main/engine/run.ts');
const { agentById, attackOf, engineCatalog, environmentById } = await load('/src-main/engine/registry.ts');
const { parseExperiment } = await load('/src-main/contract/experiment.ts');
const { resolve } = await load('/src-main/engine/resolve.ts');
const { bindAttack } = await load('/src-main/engine/rl/eyes.ts');
const { play } = await load('/src-main/engine/rl/episodes.ts');
const { Worlds } = await load('/src-main/engine/rl/worlds.ts');
const { divergenceFrom, softmax } = await load('/src-main/engine/rl/score-losses.ts');
const { stream } = await load('/src-main/contract/random.ts');

const environment = environmentById('CartPole-v1').create({ suttonBartoReward: false });
const entry = { id: values.agent, steps: Number(values.steps) };

async function trainedWeights() {
  const { experiment } = parseExperiment(
    {
      name: 'bench',
      task: 'reinforcement-learning',
      seeds: [Number(values.seed)],
      environment: { id: 'CartPole-v1' },
      agent: entry,
      evaluation: { episodes: 1 },
    },
    engineCatalog(),
  );
  let weights;
  await run({
    experiment,
    inputs: {},
    resume: null,
    host: {
      emit: (event) => {
        if (event.type === 'trained') weights = event.weights;
      },
      breathe: () => new Promise((done) => setImmediate(done)),
      signal: new AbortController().signal,
      now: () => performance.now() / 1000,
    },
  });
  return weights;
}

const weights = await trainedWeights();
const definition = agentById(values.agent);
const { policy } = definition.restore(environment, resolve(entry, definition).params, weights);

const played = await play({
  environment,
  policy,
  episodes: 10,
  dynamics: (episode) => stream(1, 'bench', episode),
  breathe: async () => {},
});
const rows = played.episodes.flatMap(({ observations }) => observations.filter((_, i) => i % 10 === 0));
const observations = Float32Array.from(rows.flatMap((row) => [...row]));
const seats = rows.map((_, number) => ({ number, left: 500 }));

const perceivedBy = (id) => {
  const attack = attackOf('observation', id);
  const { params } = resolve({ id, epsilon }, attack);
  return bindAttack(attack, params, environment, stream(1, 'bench', id), true).perceive(
    observations,
    policy,
    seats,
  );
};
const fgsm = perceivedBy('fgsm-observation');
const mad = perceivedBy('mad');
const { actions } = policy;
const { loss } = divergenceFrom(softmax(policy.scores(observations), actions), actions)(policy.scores(mad));

/** Steps with what is observed after them, actions drawn beforehand, as the peer does it. */
function stepsASecond(steps) {
  const random = stream(1, 'bench', 'steps');
  const actions = Uint8Array.from({ length: steps }, () => random.integer(2));
  let state = environment.initial(random);
  let seen = 0;
  const started = performance.now();
  for (let i = 0, length = 0; i < steps; i++) {
    const outcome = environment.step(state, actions[i], random);
    seen += environment.observe(outcome.state)[0];
    const over = outcome.terminated || ++length >= environment.maxEpisodeSteps;
    state = over ? environment.initial(random) : outcome.state;
    if (over) length = 0;
  }
  const seconds = (performance.now() - started) / 1000;
  if (!Number.isFinite(seen)) throw new Error('an observation is no number');
  return Math.round(steps / seconds);
}

/** The same of eight environments side by side, as agents learn in them. */
function stepsASecondOfEight(steps) {
  const worlds = new Worlds(environment, 8, stream(1, 'bench', 'side by side'));
  const random = stream(1, 'bench', 'actions');
  const actions = Array.from({ length: steps / 8 }, () =>
    Uint8Array.from({ length: 8 }, () => random.integer(2)),
  );
  const started = performance.now();
  for (const round of actions) {
    worlds.step(round);
    worlds.truth();
    worlds.restart();
  }
  return Math.round((1000 * steps) / (performance.now() - started));
}

const result = {
  agent: values.agent,
  observations: rows.length,
  epsilon,
  madDivergence: loss.reduce((sum, value) => sum + value, 0) / loss.length,
  stepsASecond: stepsASecond(2_000_000),
  stepsASecondOfEight: stepsASecondOfEight(2_000_000),
};

if (values.python) {
  const folder = mkdtempSync(join(tmpdir(), 'sparring-bench-'));
  try {
    const file = join(folder, 'policy.json');
    const plain = Object.fromEntries(
      Object.entries(weights)
        .filter(([name]) => /^\d/.test(name))
        .map(([name, array]) => [name, [...array]]),
    );
    const [low, high] = [environment.observationSpace.low, environment.observationSpace.high].map((bounds) =>
      bounds.map((bound) => (Number.isFinite(bound) ? bound : Math.sign(bound) * 1e30)),
    );
    writeFileSync(
      file,
      JSON.stringify({
        weights: plain,
        observations: [...observations],
        epsilon,
        low,
        high,
        fgsm: [...fgsm],
        mad: [...mad],
      }),
    );
    const script = new URL('torch_attacks.py', import.meta.url).pathname;
    result.peer = JSON.parse(execFileSync(values.python, [script, file], { encoding: 'utf8' }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log(JSON.stringify(result, null, 2));
await server.close();
