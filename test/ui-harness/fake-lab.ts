/**
 * A `window.lab` without main and engine. `?scenario=`: `image`, `suite`, `certified`, `cartpole`, `grid` (recordings), `live` (one that is
 * still written), `early`, `killed`, `empty`; `&dark` for the dark theme.
 */
import { bouts } from '../../src-main/contract/bouts';
import type { RecordedEvent } from '../../src-main/contract/events';
import type { LabApi, LabCall, LabPushes, Settings } from '../../src-main/contract/lab-api';
import type { SessionRow, SessionStatus } from '../../src-main/contract/session';
import cartpole from '../../envs/cartpole';
import frozenLake from '../../envs/frozen-lake';
import type { DuelChoice, DuelTurn } from '../../src-main/contract/duel';
import type { Environment } from '../../src-main/contract/environment';
import { stream } from '../../src-main/contract/random';
import optimal from '../../src-main/engine/attacks/observation/optimal-displacement';
import type { ObservationAttack } from '../../src-main/engine/definitions';
import { Duel, type Arena } from '../../src-main/engine/rl/duel';
import {
  agentRun,
  attackOn,
  certifiedRun,
  imageRun,
  lakeAgent,
  poleAgent,
  record,
  suiteRun,
} from './recordings';

const query = new URLSearchParams(location.search);
const scenario = query.get('scenario') ?? 'image';
const listeners = new Map<string, Set<(value: never) => void>>();
const push = <P extends keyof LabPushes>(name: P, value: LabPushes[P]): void =>
  listeners.get(name)?.forEach((listener) => listener(value as never));

const learns = scenario === 'cartpole' || scenario === 'grid';
const suite = scenario === 'suite' || scenario === 'streaming';
const all = record(
  learns
    ? await agentRun(scenario === 'grid')
    : suite
      ? suiteRun()
      : scenario === 'certified'
        ? certifiedRun()
        : imageRun(),
  learns ? 25 : 600,
);
const share: Record<string, number> = { live: 0.1, streaming: 0.02, early: 0.002, killed: 0.45 };
let written = Math.ceil(all.length * (share[scenario] ?? 1));
const statuses: Record<string, SessionStatus> = {
  live: 'running',
  streaming: 'running',
  early: 'running',
  killed: 'interrupted',
};
const status = statuses[scenario] ?? 'done';
const name = learns
  ? scenario === 'grid'
    ? 'gridworld-reward-poisoning'
    : 'cartpole-observation'
  : suite
    ? 'evasion-suite'
    : 'article';

const row = (id: string, over: Partial<SessionRow>): SessionRow => ({
  id,
  name,
  file: `/home/ada/.local/share/sparring/${id}.sparring`,
  task: 'classification',
  status: 'done',
  createdAt: Date.now() - 86_400_000,
  durationMs: 352_000,
  events: 4812,
  bytes: 38_400_000,
  arms: 9,
  armsDone: 9,
  attacks: ['random-noise', 'fgsm', 'pgd'],
  defenses: ['noise-augmentation', 'adversarial-training'],
  headlines: learns
    ? []
    : [
        {
          ...{ model: null, poisoning: null, defense: 'adversarial-training', worstCase: 0.718 },
          ...{ robust: true, failedChecks: [] },
        },
        {
          ...{ model: null, poisoning: null, defense: null, worstCase: 0.002 },
          ...{ robust: false, failedChecks: [] },
        },
      ],
  ...{ tags: [], notes: '', text: '' },
  problem: null,
  ...over,
});
let rows: SessionRow[] =
  scenario === 'empty'
    ? []
    : [
        row('one', { status, armsDone: status === 'done' ? 9 : 4 }),
        row('two', {
          name: 'cartpole-observation',
          task: 'reinforcement-learning',
          headlines: [],
          attacks: ['random-observation'],
          defenses: [],
          arms: 4,
          armsDone: 4,
          createdAt: Date.now() - 3e8,
        }),
        row('three', {
          name: 'article, five seeds',
          status: 'interrupted',
          armsDone: 11,
          arms: 15,
          createdAt: Date.now() - 5e8,
          durationMs: 5_412_000,
          headlines: [
            {
              ...{ model: null, poisoning: null, defense: 'noise-augmentation', worstCase: 0.62 },
              ...{ robust: false, failedChecks: ['black-box-not-stronger', 'zero-gradients'] },
            },
          ],
        }),
        row('four', {
          name: 'label-flip',
          status: 'stopped',
          armsDone: 1,
          arms: 6,
          createdAt: Date.now() - 7e8,
          durationMs: 41_000,
          defenses: [],
        }),
        row('five', {
          name: 'broken.sparring',
          problem: 'the file is truncated: page 12 of 48 is missing',
          arms: 0,
          armsDone: 0,
          attacks: [],
          defenses: [],
          headlines: [],
        }),
      ];
let settings: Settings = { theme: query.has('dark') ? 'dark' : 'light', dark: query.has('dark') };
let deleted: SessionRow[] = [];
const PAGE_EVENTS = (after: number, limit: number): RecordedEvent[] =>
  all.slice(after, Math.min(written, after + limit));

/** Made-up runs are short: they are read event by event. */
const emptyTimes = { sequence: new Uint32Array(), at: new Float64Array() };

let duel: Duel | null = null;
function arena({ arm, budget, attack }: DuelChoice): Arena {
  const plan = all[0]!.event.type === 'run-started' ? all[0]!.event.plan : null;
  const grid = scenario === 'grid';
  const armed = (id: string) => ({
    attack: attackOn(grid, id),
    params: { epsilon: budget, cells: budget },
  });
  const { defense } = plan!.arms[arm]!;
  const random = stream(5, 'duel');
  return {
    environment: (grid
      ? frozenLake.create({ map: '4x4', rows: null, slippery: true, successRate: 1 / 3 } as never)
      : cartpole.create({ suttonBartoReward: false })) as Environment,
    policy: grid ? lakeAgent(1, random) : poleAgent(1, defense !== null, random),
    arm: plan!.arms[arm]!,
    budget: armed(plan!.attacks[attack ?? 0]!.id),
    rivals: [
      { who: 'random', ...armed('random-observation') },
      { who: 'mad', ...armed('mad') },
      ...(grid
        ? [{ who: 'optimum' as const, attack: optimal as ObservationAttack, params: { cells: budget } }]
        : []),
    ],
  };
}

const answers: Record<LabCall, (...args: never[]) => unknown> = {
  bouts: () => bouts,
  shippedSessions: () => [],
  startRun: () => ({ ok: true, id: 'one' }),
  pauseRun: () => undefined,
  continueRun: () => undefined,
  stopRun: () => undefined,
  resumeSession: (id: string) => ({ ok: true, id }),
  sessions: () => rows,
  openSession: ({ after, limit }: { after: number; limit: number }) => ({
    header: {
      format: 1,
      id: 'one',
      name,
      source: '',
      spec: {
        environment: { id: scenario === 'grid' ? 'FrozenLake-v1' : 'CartPole-v1' },
        agent: { id: 'dqn' },
      },
      createdAt: Date.now(),
    },
    status,
    events: PAGE_EVENTS(after, limit),
    last: written,
  }),
  openTape: () => ({ landmarks: [], sample: { points: [], progress: [], times: emptyTimes, through: 0 } }),
  readDense: () => ({ points: [], progress: [], times: emptyTimes, through: 0 }),
  comparedSession: (id: string) => {
    const points = new Map<string, { arm: number; series: string; x: number[]; y: number[] }>();
    for (const { event } of all) {
      if (event.type !== 'point') continue;
      const key = `${event.arm}/${event.series}`;
      const curve = points.get(key) ?? { arm: event.arm, series: event.series, x: [], y: [] };
      points.set(key, curve);
      curve.x.push(event.x);
      curve.y.push(event.value + (id === 'three' ? 0.05 : 0));
    }
    const RESULTS = [
      'run-started',
      'data-loaded',
      'trained',
      'evaluation',
      'corruption',
      'certified',
      'check',
    ];
    return {
      id,
      header: {
        ...{ format: 1, id, source: '', createdAt: Date.now() },
        name: rows.find((one) => one.id === id)?.name ?? name,
        spec: { task: 'classification', training: { epochs: id === 'three' ? 8 : 5 }, seeds: [1, 2, 3] },
      },
      status: 'done',
      events: all.filter(({ event }) => RESULTS.includes(event.type)),
      curves: [...points.values()].map(({ x, y, ...rest }) => ({
        ...rest,
        x: Float64Array.from(x),
        y: Float64Array.from(y),
      })),
    };
  },
  comparisons: () => [{ name: 'seeds and epochs', sessions: ['one', 'three'], reference: null }],
  saveComparisons: () => undefined,
  reproduceSession: (id: string) => {
    push('reproduction', { id, compared: 1200, of: 4812, outcome: null, problem: null });
    return { ok: true, id };
  },
  stopReproduction: () => undefined,
  describeSession: ({ id, tags, notes }: { id: string; tags: string[]; notes: string }) => {
    rows = rows.map((one) => (one.id === id ? { ...one, tags, notes } : one));
  },
  renameSession: ({ id, name: next }: { id: string; name: string }) => {
    rows = rows.map((one) => (one.id === id ? { ...one, name: next } : one));
  },
  deleteSession: (id: string) => {
    deleted = rows.filter((one) => one.id === id);
    rows = rows.filter((one) => one.id !== id);
  },
  undeleteSession: () => {
    rows = [...rows, ...deleted];
  },
  revealSession: () => undefined,
  exportSession: ({ format }: { format: string }) => `/home/ada/session.${format}`,
  saveFigure: ({ name: file, format }: { name: string; format: string }) => `/home/ada/${file}.${format}`,
  beginDuel: (choice: DuelChoice) => {
    duel = new Duel(arena(choice), choice);
    return duel.facts();
  },
  duelTurn: (turn: DuelTurn) => duel!.turn(turn),
  duelRivals: () => duel!.rivals(() => new Promise((resolve) => setTimeout(resolve))),
  endDuel: () => undefined,
  openExperiment: () => null,
  recent: () => [{ path: '/home/ada/letters.yaml', name: 'letters.yaml' }],
  openRecent: () => ({ name: 'letters.yaml', text: bouts[0]!.text }),
  openDropped: () => ({ name: 'letters.yaml', text: bouts[0]!.text }),
  importSession: () => 'one',
  saveExperiment: () => '/home/ada/experiment.yaml',
  chooseGrant: () => '/home/ada/data',
  grants: () => ['/home/ada/data/fashion', '/home/ada/models/letters'],
  withdrawGrant: () => undefined,
  settings: () => settings,
  setTheme: (theme: Settings['theme']) => (settings = { theme, dark: theme === 'dark' }),
  about: () => ({
    sparring: '0.1.0',
    electron: '25.1.1',
    chrome: '114.0.5735.106',
    node: '18.15.0',
    noSandbox: true,
    libraryFolder: '/home/ada/.local/share/sparring',
  }),
};

(window as unknown as { lab: LabApi }).lab = {
  call: async (name, args) => ({
    ok: true,
    value: (await (answers[name] as (...all: unknown[]) => unknown)(...args)) as never,
  }),
  on: (name, listener) => {
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set.add(listener as never));
    return () => set.delete(listener as never);
  },
  grantDropped: async () => ({ ok: true, value: [] }),
};

if (scenario === 'live' || scenario === 'streaming') {
  setTimeout(() => push('runs', [{ id: 'one', name, status: 'running', problem: null }]), 300);
  setInterval(() => {
    const events = all.slice(written, written + 4);
    written += events.length;
    if (events.length) push('run-events', { id: 'one', events });
  }, 60);
}
