import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EngineCommand, EngineReport } from '../../../src-main/contract/engine-port';
import type { ReproductionState } from '../../../src-main/contract/reproduction';
import { checkedCall } from '../../../src-main/main/checked-call';
import { DuelHost } from '../../../src-main/main/duel-host';
import { EngineHost, type EngineProcess } from '../../../src-main/main/engine-host';
import { GrantStore } from '../../../src-main/main/grant-store';
import { JsonFile } from '../../../src-main/main/json-file';
import { CONTENT_SECURITY_POLICY, originOf, pageFile } from '../../../src-main/main/page-files';
import { Reproducer } from '../../../src-main/main/reproducer';
import { FIRST_PLACE, MIN_SIZE, reachable } from '../../../src-main/main/window-place';
import { temporaryFolder } from '../sessions/session-fixture';

describe('the gate', () => {
  it('lets valid calls through', () => {
    expect(checkedCall('openSession', [{ id: 'a', after: 0, limit: 5 }])).toEqual({
      ok: true,
      name: 'openSession',
      args: [{ id: 'a', after: 0, limit: 5 }],
    });
    expect(checkedCall('bouts', [])).toMatchObject({ ok: true });
    expect(
      checkedCall('saveFigure', [{ format: 'png', name: 'a board', data: 'iVBORw0KGgo=' }]),
    ).toMatchObject({
      ok: true,
    });
  });
  it.each([
    ['nonsense', []],
    ['__proto__', []],
    ['constructor', []],
    [7, []],
    ['bouts', ['more']],
    ['bouts', null],
    ['stopRun', [7]],
    ['stopRun', ['']],
    ['openSession', [{ id: 'a', after: -1, limit: 5 }]],
    ['openSession', [{ id: 'a', after: 0, limit: 1e9 }]],
    ['setTheme', ['pink']],
    ['saveFigure', [{ format: 'exe', name: 'a', data: '' }]],
    ['saveFigure', [{ format: 'svg', name: 'a', data: '<script>' }]],
    ['saveFigure', [{ format: 'png', name: 'a', data: 'TVqQAAMA' }]],
    ['saveFigure', [{ format: 'csv', name: '../a', data: '' }]],
    ['startRun', [{ text: 'x'.repeat(2_000_001), name: '' }]],
  ])('refuses %j %j', (name, args) => {
    const call = checkedCall(name, args);
    expect(call.ok).toBe(false);
    expect(!call.ok && call.problem.message).toBeTruthy();
  });
});

describe('the page', () => {
  const folder = join('/app', 'out', 'renderer');
  it('is served from its folder', () => {
    expect(pageFile('app://sparring/', folder)).toEqual({
      file: join(folder, 'index.html'),
      type: 'text/html; charset=utf-8',
    });
    expect(pageFile('app://sparring/assets/a%20b.js?x#y', folder)!.file).toBe(
      join(folder, 'assets', 'a b.js'),
    );
  });
  it.each([
    'app://other/index.html',
    'https://sparring/index.html',
    'app://sparring/..%2f..%2fpackage.json',
    'app://sparring/%2e%2e/%2e%2e/package.json',
    'app://sparring/..%5c..%5cpackage.json',
    'app://sparring/a%00.html',
    'app://sparring/%ff.html',
    'app://sparring/assets',
    'app://sparring/secrets.txt',
  ])('and nothing else: %s', (url) => {
    const found = pageFile(url, folder);
    // URL parsing itself takes plain “..” away; what is left lies in the folder.
    expect(found === null || found.file.startsWith(folder)).toBe(true);
    if (!url.includes('package.json')) expect(found).toBeNull();
  });
  it('has a policy without inline code and eval', () => {
    expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'");
    expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe');
  });
  it('knows origins of its own scheme', () => {
    expect(originOf('app://sparring/#/new')).toBe('app://sparring');
    expect(originOf('app://sparring.evil/')).not.toBe('app://sparring');
    expect(originOf('nonsense')).toBe('');
  });
});

describe('grants', () => {
  it('are remembered and withdrawn', () => {
    const folder = temporaryFolder();
    const store = () => new GrantStore(join(folder, 'grants.json'));
    const granted = store().grant(folder);
    store().grant(folder);
    expect(store().list()).toEqual([granted]);
    store().withdraw(granted);
    expect(store().list()).toEqual([]);
  });
  it('are asked for, once', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'data'));
    const store = new GrantStore(join(folder, 'grants.json'));
    const paths = [{ place: 'dataset.path', path: join(folder, 'data'), what: 'folder' as const }];
    const asked: string[] = [];
    const ask =
      (answer: boolean) =>
      ({ path }: { path: string }) => (asked.push(path), Promise.resolve(answer));
    expect((await store.ensure(paths, ask(false)))[0]!.message).toContain('was not allowed');
    expect(await store.ensure(paths, ask(true))).toEqual([]);
    expect(await store.ensure(paths, ask(true))).toEqual([]);
    expect(asked).toHaveLength(2);
  });
  it('do not help relative or missing paths', async () => {
    const store = new GrantStore(join(temporaryFolder(), 'grants.json'));
    const never = () => Promise.reject(new Error('asked'));
    const problems = await store.ensure(
      [
        { place: 'dataset.path', path: 'data', what: 'folder' },
        { place: 'model.path', path: '/nowhere/at/all', what: 'file' },
      ],
      never,
    );
    expect(problems.map(({ place }) => place)).toEqual(['dataset.path', 'model.path']);
  });
  it('are asked for before images go to an address, in whatever spelling', async () => {
    const store = new GrantStore(join(temporaryFolder(), 'grants.json'));
    const named = (path: string) => [{ place: 'model.address', path, what: 'address' as const }];
    const asked: string[] = [];
    const ask = (answer: boolean) => (it: { path: string }) => (asked.push(it.path), Promise.resolve(answer));
    const [refused] = await store.ensure(named('http://example.org/digits'), ask(false));
    expect(refused!.message).toBe('sending images to “http://example.org/digits” was not allowed');
    expect(await store.ensure(named('http://example.org/digits'), ask(true))).toEqual([]);
    expect(await store.ensure(named('HTTP://Example.org:80/digits'), ask(true))).toEqual([]);
    expect(asked).toHaveLength(2);
    store.withdraw('http://example.org/digits');
    expect(store.list()).toEqual([]);
  });
});

describe('a settings file', () => {
  it('that is missing or broken gives the fallback', () => {
    const path = join(temporaryFolder(), 'inner', 'a.json');
    const file = new JsonFile(path, z.object({ n: z.number() }), { n: 1 });
    expect(file.read()).toEqual({ n: 1 });
    file.write({ n: 2 });
    expect(file.read()).toEqual({ n: 2 });
    writeFileSync(path, '{"n": "two"}');
    expect(file.read()).toEqual({ n: 1 });
  });
});

describe('the window’s place', () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 };
  it('is kept while a screen shows it', () => {
    const place = { x: 100, y: 50, width: 1200, height: 800, maximized: true };
    expect(reachable(place, [screen])).toEqual(place);
    expect(reachable({ ...place, x: 5000 }, [screen])).toEqual({ width: 1200, height: 800, maximized: true });
    expect(reachable({ ...place, x: 2000 }, [screen, { ...screen, x: 1920 }])).toMatchObject({ x: 2000 });
    expect(reachable(FIRST_PLACE, [screen])).toEqual(FIRST_PLACE);
  });
  it('is neither larger than the screen nor smaller than the least', () => {
    expect(reachable({ width: 9000, height: 10, maximized: false }, [screen])).toEqual({
      width: 1920,
      height: MIN_SIZE.height,
      maximized: false,
    });
  });
});

class FakeProcess implements EngineProcess {
  commands: EngineCommand[] = [];
  killed = false;
  report!: (report: EngineReport) => void;
  exit!: (code: number, lastWords: string) => void;
  post = (command: EngineCommand) => void this.commands.push(command);
  onReport = (listener: (report: EngineReport) => void) => void (this.report = listener);
  onExit = (listener: (code: number, lastWords: string) => void) => void (this.exit = listener);
  kill = () => void (this.killed = true);
}

describe('a reproduction', () => {
  const session = { id: 'a', file: '/a.sparring', events: 9, grants: [] };
  function newReproducer() {
    const processes: FakeProcess[] = [];
    const told: ReproductionState[] = [];
    const reproducer = new Reproducer(
      () => (processes.push(new FakeProcess()), processes.at(-1)!),
      (state) => told.push(state),
    );
    return { processes, told, reproducer };
  }
  const outcome = { identical: true, compared: 9, difference: null, causes: [] };

  it('tells how far it is and what came of it, one at a time', () => {
    const { processes, told, reproducer } = newReproducer();
    reproducer.start(session);
    expect(() => reproducer.start(session)).toThrow('one at a time');
    processes[0]!.report({ report: 'reproducing', compared: 4, of: 9 });
    processes[0]!.report({ report: 'reproduced', outcome });
    // Main ends the process, which tells of its exit.
    expect(processes[0]!.killed).toBe(true);
    processes[0]!.exit(0, '');
    expect(told.map(({ compared, outcome: found, problem }) => [compared, found, problem])).toEqual([
      [0, null, null],
      [4, null, null],
      [9, outcome, null],
    ]);
    reproducer.start(session);
    expect(processes).toHaveLength(2);
  });
  it('whose process dies says so, and the next one can begin', () => {
    const { processes, told, reproducer } = newReproducer();
    reproducer.start(session);
    processes[0]!.exit(137, 'out of memory');
    expect(told.at(-1)!.problem!.message).toContain('out of memory');
    reproducer.start(session);
    reproducer.stop();
    expect(processes[1]!.killed).toBe(true);
    const before = told.length;
    processes[1]!.exit(9, '');
    expect(told).toHaveLength(before);
  });
});

describe('the engine host', () => {
  function newHost() {
    const processes: FakeProcess[] = [];
    const ended: string[] = [];
    const events: number[] = [];
    const host = new EngineHost(
      () => {
        const process = new FakeProcess();
        processes.push(process);
        return process;
      },
      {
        events: (_id, batch) => events.push(...batch.map(({ sequence }) => sequence)),
        runs: () => {},
        ended: ({ id, status }) => ended.push(`${id} ${status}`),
      },
    );
    const enqueue = (id: string) =>
      host.enqueue({ id, name: id, file: `/${id}.sparring`, grants: ['/data'] });
    const statuses = () => host.runs().map(({ status }) => status);
    return { host, processes, ended, events, enqueue, statuses };
  }

  it('runs one at a time, in order', () => {
    const { enqueue, processes, statuses, ended } = newHost();
    enqueue('a');
    enqueue('b');
    expect(statuses()).toEqual(['running', 'queued']);
    expect(processes[0]!.commands).toEqual([{ command: 'run', file: '/a.sparring', grants: ['/data'] }]);
    processes[0]!.report({ report: 'ended', status: 'done', problem: null });
    expect(processes[0]!.killed).toBe(true);
    processes[0]!.exit(9, '');
    expect(statuses()).toEqual(['done', 'running']);
    expect(ended).toEqual(['a done']);
  });

  it('passes events on and follows pauses', () => {
    const { enqueue, processes, host, statuses, events } = newHost();
    enqueue('a');
    host.pause('a');
    processes[0]!.report({
      report: 'events',
      events: [{ sequence: 1, at: 0, event: { type: 'run-paused' } }],
    });
    expect(statuses()).toEqual(['paused']);
    host.continue('a');
    processes[0]!.report({
      report: 'events',
      events: [{ sequence: 2, at: 0, event: { type: 'run-continued' } }],
    });
    expect(statuses()).toEqual(['running']);
    expect(events).toEqual([1, 2]);
    expect(processes[0]!.commands.map(({ command }) => command)).toEqual(['run', 'pause', 'continue']);
  });

  it('survives the death of a process: that run is interrupted, the next one starts', () => {
    const { enqueue, processes, host, statuses } = newHost();
    enqueue('a');
    enqueue('b');
    processes[0]!.exit(137, 'out of memory');
    expect(statuses()).toEqual(['interrupted', 'running']);
    expect(host.runs()[0]!.problem).toMatchObject({
      place: 'a',
      message: expect.stringContaining('exit code 137): out of memory') as string,
    });
    expect(host.runs()[0]!.problem!.remedy).toContain('Resume');
    // And can be taken up again.
    enqueue('a');
    expect(host.runs().map(({ id, status }) => `${id} ${status}`)).toEqual(['b running', 'a queued']);
  });

  it('takes a stopped run out of the queue', () => {
    const { enqueue, processes, host, statuses } = newHost();
    enqueue('a');
    enqueue('b');
    host.stop('b');
    expect(statuses()).toEqual(['running', 'stopped']);
    host.stop('a');
    expect(processes[0]!.commands.at(-1)).toEqual({ command: 'stop' });
    expect(processes).toHaveLength(1);
  });

  it('refuses what is not there or not possible', () => {
    const { enqueue, host } = newHost();
    enqueue('a');
    enqueue('b');
    expect(() => enqueue('a')).toThrow('running already');
    expect(() => host.stop('c')).toThrow('not running');
    expect(() => host.pause('b')).toThrow('not begun yet');
  });

  it('stops everything when the app quits, by force at last', async () => {
    const { enqueue, processes, host, statuses } = newHost();
    enqueue('a');
    enqueue('b');
    const closed = host.close(1);
    expect(processes[0]!.commands.at(-1)).toEqual({ command: 'stop' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(processes[0]!.killed).toBe(true);
    processes[0]!.exit(9, '');
    await closed;
    expect(statuses()).toEqual(['interrupted', 'queued']);
    expect(processes).toHaveLength(1);
  });

  it('exports in a process of its own', async () => {
    const { host, processes } = newHost();
    const written = host.export('/a.sparring', 'csv', '/a.csv');
    processes[0]!.report({ report: 'exported', out: '/a.csv' });
    expect(await written).toBe('/a.csv');
    expect(processes[0]!.killed).toBe(true);
    const failed = host.export('/a.sparring', 'csv', '/a.csv');
    processes[1]!.report({
      report: 'export-failed',
      problem: { place: '/a.csv', message: 'the disk is full' },
    });
    await expect(failed).rejects.toThrow('/a.csv: the disk is full');
    const died = host.export('/a.sparring', 'csv', '/a.csv');
    processes[2]!.exit(1, '');
    await expect(died).rejects.toThrow('ended unexpectedly');
  });
});

describe('the duel host', () => {
  const choice = { arm: 0, attack: null, budget: 0.1, episode: 0 };
  function newHost({ patience = 1000, idle = 1000 } = {}) {
    const processes: FakeProcess[] = [];
    const spawn = () => {
      const process = new FakeProcess();
      processes.push(process);
      return process;
    };
    const host = new DuelHost(spawn, patience, idle);
    const begin = () => host.ask('begin', { file: '/a.sparring', choice });
    return { host, processes, begin };
  }

  it('gives answers to the asks they belong to, in one process', async () => {
    const { host, processes, begin } = newHost();
    const begun = begin();
    const turn = host.ask('turn', { wanted: [0], advance: true });
    const [{ commands, report }] = processes as [FakeProcess];
    expect(commands).toEqual([
      { command: 'duel', number: 1, what: 'begin', ask: { file: '/a.sparring', choice } },
      { command: 'duel', number: 2, what: 'turn', ask: { wanted: [0], advance: true } },
    ]);
    report({
      report: 'duel-refused',
      number: 2,
      problem: { place: 'duel', message: 'this episode has ended', remedy: 'Begin another.' },
    });
    report({ report: 'duel-answer', number: 1, answer: [] });
    await expect(turn).rejects.toMatchObject({ problem: { remedy: 'Begin another.' } });
    expect(await begun).toEqual([]);
    void begin().catch(() => {});
    expect(processes).toHaveLength(1);
    host.end();
    expect(processes[0]!.killed).toBe(true);
  });

  it('outlives the process: what was asked is refused, and another begins', async () => {
    const { host, processes, begin } = newHost();
    const begun = begin();
    processes[0]!.exit(9, 'out of memory');
    await expect(begun).rejects.toThrow('exit code 9): out of memory');
    await expect(host.ask('rivals', null)).rejects.toThrow('it is over');
    void begin().catch(() => {});
    expect(processes).toHaveLength(2);
    // What is said of the first does not touch the second.
    processes[0]!.exit(9, '');
    expect(processes[1]!.killed).toBe(false);
    host.end();
  });

  it('gives up a process that does not answer, and one that nobody asks', async () => {
    const slow = newHost({ patience: 5 });
    await expect(slow.begin()).rejects.toThrow('did not answer');
    expect(slow.processes[0]!.killed).toBe(true);
    const idle = newHost({ idle: 5 });
    const begun = idle.begin();
    idle.processes[0]!.report({ report: 'duel-answer', number: 1, answer: [] });
    await begun;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(idle.processes[0]!.killed).toBe(true);
  });
});
