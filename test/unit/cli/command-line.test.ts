import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refused } from '../../../src-main/cli/answer';
import { givenExperiment } from '../../../src-main/cli/experiment-file';
import { setValue } from '../../../src-main/cli/overrides';
import { runProgram } from '../../../src-main/cli/program';
import {
  comparisonTable,
  differencesTable,
  labelsOf,
  resultTable,
  testsTable,
  toText,
} from '../../../src-main/cli/table';
import { catalog } from '../../../src-main/contract/catalog-data';
import { compare, testedAgainst, type ComparedState } from '../../../src-renderer/charts/comparison';
import { armPlan, attackPlan, encounters, stateOf } from '../contract/made-up';
import { experiment } from '../sessions/session-fixture';
import { LabError } from '../../../src-main/contract/problem';
import type { GroupSummary } from '../../../src-main/contract/summary';
import { temporaryFolder } from '../sessions/session-fixture';

let stdout = '';
let stderr = '';
beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((stdout += String(chunk)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => ((stderr += String(chunk)), true));
  vi.stubEnv('SPARRING_HOME', temporaryFolder());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('--set', () => {
  const set = (raw: Record<string, unknown>, ...assignments: string[]) => {
    assignments.forEach((assignment) => setValue(raw, assignment));
    return raw;
  };
  it('reads YAML into keys and places of lists', () => {
    expect(
      set({ attacks: [{ id: 'fgsm' }] }, 'attacks.0.epsilon=[0.1, 0.3]', 'name=a=b', 'evaluation.samples=10'),
    ).toEqual({
      attacks: [{ id: 'fgsm', epsilon: [0.1, 0.3] }],
      name: 'a=b',
      evaluation: { samples: 10 },
    });
  });
  it('tells what is wrong', () => {
    expect(() => set({}, 'epochs')).toThrow('expected path=value');
    expect(() => set({}, '=1')).toThrow('expected path=value');
    expect(() => set({ attacks: [] }, 'attacks.0.epsilon=1')).toThrow(
      '--set attacks.0: found “0”; expected a place in the list',
    );
    expect(() => set({ name: 'a' }, 'name.first=1')).toThrow('a single value with nothing inside');
    expect(() => set({}, 'name=[1')).toThrow('no YAML');
  });
  it('reaches nothing but the experiment', () => {
    set({}, '__proto__.polluted=1', 'constructor.prototype.polluted=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the experiment given', () => {
  const file = (text: string) => {
    const path = join(temporaryFolder(), 'a.yaml');
    writeFileSync(path, text);
    return path;
  };
  const idx = 'name: a\ntask: classification\ndataset: {id: idx, path: data}\nmodel: {id: small-cnn}\n';

  it('is a file or a built-in bout', () => {
    expect(givenExperiment('label-flip', {}).experiment.name).toBe('label-flip');
    expect(() => givenExperiment('label-flop', {})).toThrow(LabError);
  });
  it('keeps its text unless the command line changes it', () => {
    const path = file(
      'name: a # comment\ntask: classification\ndataset: {id: mnist}\nmodel: {id: small-cnn}\n',
    );
    expect(givenExperiment(path, {}).source).toContain('# comment');
    const { source, experiment } = givenExperiment(path, { seed: [3, 4], set: ['training.epochs=7'] });
    expect(experiment).toMatchObject({ seeds: [3, 4], training: { epochs: 7 } });
    expect(source).toContain('epochs: 7');
  });
  it('tells every problem, in the words of the file', () => {
    try {
      givenExperiment(file('name: a\ntask: classification\ndatset: {id: mnist}\nseeds: [0]\n'), {});
      expect.unreachable();
    } catch (error) {
      const places = (error as Refused).problems.map(({ place }) => place).sort();
      expect(places).toEqual(['dataset', 'datset', 'model', 'seeds.0']);
    }
    expect(() => givenExperiment(file('name: [a'), {})).toThrow(Refused);
  });
  it('means its paths from its own folder, those on the command line from the current one', () => {
    const path = file(idx);
    const data = join(path, '..', 'data');
    expect(() => givenExperiment(path, {})).toThrow(`there is no folder “${data}”`);
    mkdirSync(data);
    expect(givenExperiment(path, {}).experiment.dataset!['path']).toBe(data);
    expect(givenExperiment(path, { set: ['dataset.path=test'] }).experiment.dataset!['path']).toBe(
      join(process.cwd(), 'test'),
    );
  });
  it('keeps its addresses as they are, and refuses what is none', () => {
    const asking = (address: string) =>
      file(`name: a\ntask: classification\ndataset: {id: mnist}\nmodel: {id: http, address: '${address}'}\n`);
    const { experiment } = givenExperiment(asking('http://localhost:8080/digits'), {});
    expect(experiment.model!['address']).toBe('http://localhost:8080/digits');
    for (const wrong of [
      'localhost:8080',
      'ftp://a.org/',
      'file:///etc/passwd',
      'http://me:secret@a.org/',
      'http://a.org/#x',
    ])
      expect(() => givenExperiment(asking(wrong), {}), wrong).toThrow(Refused);
  });
});

describe('exit codes and streams', () => {
  it.each([
    [['list', 'attacks']],
    [['list', 'bouts', '--json']],
    [['list', 'sessions']],
    [['schema']],
    [['--version']],
    [['help', 'run']],
    [['env', 'rollout', 'CartPole-v1', '--state', '[0,0,0,0]', '--actions', '[0,1]', '--json']],
    [['env', 'transitions', 'FrozenLake-v1', '--set', 'slippery=false', '--json']],
  ])('%j is done', async (args) => {
    expect(await runProgram(args)).toBe(0);
    expect(stdout).not.toBe('');
    expect(stderr).toBe('');
  });

  it.each([
    [['nonsense'], 'unknown command'],
    [['run'], 'missing required argument'],
    [['run', 'nowhere.yaml'], 'no such file'],
    [['run', 'article', '--nonsense'], 'unknown option'],
    [['run', 'article', '--seed', 'one'], 'whole number'],
    [['run', 'article', '--set', 'nonsense=1'], 'unknown key “nonsense”'],
    [['run', 'article', '--out', '/dev/null/folder'], 'cannot be created'],
    [['show', 'nothing'], 'no session of this id or name'],
    [['list', 'nonsense'], 'Allowed choices'],
    [['export', 'nothing', '--format', 'csv'], 'required option'],
    [['env', 'rollout', 'CartPole-v1', '--state', '[0]', '--actions', '[0]'], 'four finite numbers'],
    [
      ['env', 'rollout', 'CartPole-v1', '--state', '[0,0,0,0]', '--actions', '[2]'],
      'environment CartPole-v1',
    ],
    [['env', 'rollout', 'CartPole-v1', '--state', 'x', '--actions', '[0]'], 'JSON array of numbers'],
    [['env', 'rollout', 'CartPole', '--state', '[0]', '--actions', '[0]'], 'Did you mean “CartPole-v1”'],
    [['env', 'transitions', 'CartPole-v1'], 'cannot be listed'],
    [['env', 'transitions', 'FrozenLake-v1', '--set', 'slipery=false'], 'Did you mean “slippery”'],
  ])('%j is refused', async (args, message) => {
    expect(await runProgram(args)).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });

  it('prints a line of JSON an action', async () => {
    await runProgram([
      'env',
      'rollout',
      'CartPole-v1',
      '--state',
      '[0,0,0,0]',
      '--actions',
      '[0,1,1]',
      '--json',
    ]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(3);
    expect(Object.keys(lines[0]!)).toEqual(['observation', 'reward', 'terminated', 'truncated']);
  });
});

describe('tables', () => {
  it('align', () =>
    expect(
      toText([
        ['a', 'bb'],
        ['cc', 'd'],
      ]),
    ).toBe('a    bb\ncc    d'));
  it('name what tells attacks apart', () => {
    const pgd = (epsilon: number) => ({ id: 'pgd', params: { epsilon, steps: 40 } });
    expect(labelsOf([pgd(0.1), pgd(0.3), { id: 'fgsm', params: { epsilon: 0.1 } }])).toEqual([
      'pgd epsilon=0.1',
      'pgd epsilon=0.3',
      'fgsm',
    ]);
  });
  it('leave out what follows from other parameters', () => {
    const pgd = (epsilon: number) => ({ id: 'pgd', params: { epsilon, stepSize: epsilon / 16 } });
    expect(labelsOf([pgd(0.1), pgd(0.3)])).toEqual(['pgd epsilon=0.1', 'pgd epsilon=0.3']);
  });
  const unmeasured = {
    ...{ worstCase: null, unseen: null, corruptions: null, trainingSeconds: null, trainingGradients: null },
  };
  it('put sessions side by side, a gap where one did not run an attack', () => {
    const session = (id: string, epsilons: number[]): ComparedState => ({
      id,
      header: { name: id, spec: { ...experiment, seeds: [epsilons.length] } },
      state: stateOf(
        encounters(
          epsilons.map((epsilon, i) => attackPlan(i, 'pgd', { epsilon })),
          [{ arm: armPlan(0), right: epsilons.map((epsilon) => 100 - 100 * epsilon), accuracy: 0.9 }],
        ),
      ),
    });
    const compared = compare([session('a', [0.1, 0.3]), session('b', [0.3])], catalog);
    const cells = (table: string) => table.split('\n').map((line) => line.split(/ {2,}/));
    expect(cells(comparisonTable(compared))).toEqual([
      [
        'robust accuracy, mean and 95 % interval over seeds',
        'seeds',
        'no attack',
        'PGD · ε 0.1',
        'PGD · ε 0.3',
      ],
      ['a: Undefended', '1', '90.0 %', '90.0 %', '70.0 %'],
      ['b: Undefended', '1', '90.0 %', '–', '70.0 %'],
      ['* best of the column'],
    ]);
    expect(cells(differencesTable(compared))).toEqual([
      ['settings that differ', 'a', 'b'],
      ['seeds', '[2]', '[1]'],
    ]);
    const [heads, row, note] = testsTable(
      compared,
      'a: Undefended',
      testedAgainst(compared, compared.rows[0]!.key),
    ).split('\n');
    expect(cells(`${heads}\n${row}`)).toEqual([
      ['against a: Undefended', 'no attack', 'PGD · ε 0.1', 'PGD · ε 0.3'],
      ['b: Undefended', '0.0 % (p = 1, n = 1)', '–', '0.0 % (p = 1, n = 1)'],
    ]);
    expect(note).toContain('paired by seed, n = 1. With 1 seed an exact paired p cannot fall below 1,');
  });
  it('show mean and interval, and the checks that fail', () => {
    const interval = (mean: number) => ({ accuracy: { mean, low: mean - 0.01, high: mean + 0.01, n: 3 } });
    const group = (defense: string | null): GroupSummary => ({
      model: null,
      poisoning: null,
      defense: defense === null ? null : { id: defense, params: {} },
      seeds: [1, 2, 3],
      clean: interval(0.9),
      attacks: [{ id: 'fgsm', params: {}, metrics: interval(0.2), seen: false }],
      ...unmeasured,
      worstCase: { ...interval(0.2).accuracy, ...(defense ? { failedChecks: ['zero-gradients'] } : {}) },
      verdict: {
        holds: defense === null,
        robust: false,
        gradientMasking: defense ? ['zero-gradients'] : [],
        text: defense ? 'Gradient masking.' : '',
        checks: defense ? [{ id: 'zero-gradients', status: 'fail', evidence: 'all are 0' }] : [],
      },
    });
    const table = resultTable('classification', { arms: [], summary: [group(null), group('smoothing')] });
    expect(table).toMatch(/believable +not checked +no/);
    expect(table).toContain('90.0 % [89.0 %, 91.0 %]');
    expect(table).toContain('smoothing: zero-gradients fails: all are 0');
    expect(table).toMatch(/worst case +20.0 % \[19.0 %, 21.0 %\] +20.0 % † \[19.0 %, 21.0 %\]/);
    expect(table).toContain('smoothing: Gradient masking.');
    const many = resultTable('classification', {
      arms: [],
      summary: Array.from({ length: 7 }, () => group(null)),
    });
    expect(many).toMatch(/^accuracy.* no attack +fgsm +worst case +believable$/m);
    expect(many).toMatch(/^undefended +90.0 % .* not checked$/m);
  });
});
