/**
 * Exports, opened by the programs they are for. A Python is looked for in SPARRING_PYTHON, else on the path; readers that it
 * lacks are skipped with a notice (pip install numpy pandas pyarrow duckdb tensorboard). So is LaTeX.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src-main/contract/events';
import { exportSession } from '../../src-main/sessions/exporters';
import { createSession, SessionWriter } from '../../src-main/sessions/writer';
import { header, provenance, run, temporaryFolder } from '../unit/sessions/session-fixture';

const python = process.env['SPARRING_PYTHON'] ?? 'python3';
const script = join(import.meta.dirname, 'export-readers.py');

function lacking(...modules: string[]): boolean {
  const { status } = spawnSync(python, ['-c', `import ${modules.join(', ')}`]);
  if (status === 0) return false;
  console.warn(`skipped: ${python} has no ${modules.join(', ')} (set SPARRING_PYTHON to one that has)`);
  return true;
}

const read = (reader: string, path: string): unknown =>
  JSON.parse(
    execFileSync(python, [script, reader, path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );

const pixels = (from: number) => Float32Array.from({ length: 4 }, (_, i) => (from + i) / 8);
const example = (input: number): RunEvent => ({
  type: 'example',
  arm: 0,
  attack: 1,
  input,
  label: 1,
  shape: [2, 2, 1],
  clean: pixels(input),
  adversarial: pixels(input + 1),
  before: { label: 1, confidence: 0.75 },
  after: { label: 0, confidence: null },
});
/** A log of two steps of a world of one value, the second altered. */
const steps = {
  observations: Float32Array.of(0, 1),
  next: Float32Array.of(1, 2),
  actions: Uint8Array.of(1, 0),
  rewards: Float32Array.of(0.5, -0.5),
  terminated: Uint8Array.of(0, 1),
};
const log: RunEvent[] = [
  { type: 'poisoned', arm: 0, changed: Uint32Array.of(1), of: 2 },
  { type: 'log', arm: 0, steps, names: ['x (m)'], actions: ['left', 'right'] },
];
/** The run of the fixture, with two examples and a log. */
const events = run.flatMap((event) =>
  event.type === 'check' ? [example(0), example(3), ...log, event] : [event],
);

async function exported(format: string, name: string): Promise<string> {
  const folder = temporaryFolder();
  const file = join(folder, 'a.sparring');
  createSession(file, header());
  const writer = SessionWriter.open(file, provenance);
  events.forEach((event) => writer.append(event));
  writer.close();
  return exportSession(file, format, join(folder, name));
}

describe('Parquet', () => {
  it.skipIf(lacking('pandas', 'pyarrow'))('opens in pandas, with types', async () => {
    const { columns, rows } = read('pandas', await exported('parquet', 'a.parquet')) as {
      columns: Record<string, string>;
      rows: Record<string, unknown>[];
    };
    expect(columns).toMatchObject({
      arm: 'int32',
      seed: 'int32',
      value: 'float64',
      'attack.epsilon': 'float64',
    });
    expect(rows).toHaveLength(8);
    expect(rows[0]).toMatchObject({ arm: 0, seed: 1, metric: 'accuracy', value: 0.75, attack: null });
    expect(
      rows.find(({ metric, attack }) => metric === 'medianLinf' && attack === 'fgsm')!['value'],
    ).toBeNull();
    expect(rows.at(-1)).toMatchObject({ attack: 'fgsm', 'attack.epsilon': 0.3, value: 0.3 });
  });

  it.skipIf(lacking('duckdb'))('opens in DuckDB', async () => {
    const out = await exported('parquet', 'a.parquet');
    expect(read('duckdb', out)).toMatchObject({
      columns: { metric: 'VARCHAR', value: 'DOUBLE', arm: 'INTEGER' },
      rows: 8,
    });
    expect(read('duckdb', out.replace('.parquet', '-curves.parquet'))).toMatchObject({ rows: 2 });
  });
});

it.skipIf(lacking('numpy'))('npz opens in NumPy, to the last bit', async () => {
  const arrays = read('numpy', await exported('npz', 'a.npz')) as Record<
    string,
    { dtype: string; shape: number[]; values: unknown[] }
  >;
  expect(arrays['clean']).toEqual({
    dtype: 'float32',
    shape: [2, 2, 2, 1],
    values: [...pixels(0), ...pixels(3)],
  });
  expect(arrays['adversarial']!.values).toEqual([...pixels(1), ...pixels(4)]);
  expect(arrays['input']).toEqual({ dtype: 'int32', shape: [2], values: [0, 3] });
  expect(arrays['predicted_after']!.values).toEqual([0, 0]);
  expect(arrays['classes']!.values).toEqual(['a', 'b']);
  expect(arrays['log_next']).toEqual({ dtype: 'float32', shape: [2, 1], values: [1, 2] });
  expect(arrays['log_action']!.values).toEqual([1, 0]);
  expect(arrays['log_reward']!.values).toEqual([0.5, -0.5]);
  expect(arrays['log_altered']!.values).toEqual([0, 1]);
  expect(arrays['log_removed']!.values).toEqual([0, 0]);
  expect(JSON.parse(String(arrays['attacks']!.values[1]))).toMatchObject({
    id: 'fgsm',
    params: { epsilon: 0.3 },
  });
});

it.skipIf(lacking('tensorboard'))('event files open in TensorBoard', async () => {
  const runs = read('tensorboard', await exported('tensorboard', 'board')) as Record<
    string,
    Record<string, number[][]>
  >;
  expect(Object.keys(runs)).toEqual(['arm-0-clean-undefended-seed-1']);
  const tags = runs['arm-0-clean-undefended-seed-1']!;
  expect(tags['curves/loss']).toEqual([
    [1, 0.5],
    [2, 0.25],
  ]);
  expect(tags['clean/accuracy']).toEqual([[0, 0.75]]);
  expect(tags['attacks/fgsm(epsilon=0.3,norm=linf)/accuracy']).toEqual([[0, 0.25]]);
});

const tex = ['pdflatex', 'tectonic', 'xelatex', 'lualatex'].find(
  (command) => spawnSync(command, ['--version']).status === 0,
);
if (!tex) console.warn('skipped: no LaTeX on the path');
it.skipIf(!tex)('tables are set by LaTeX', async () => {
  const table = await exported('latex', 'a.tex');
  const folder = join(table, '..', 'set');
  mkdirSync(folder);
  const paper = join(folder, 'paper.tex');
  writeFileSync(
    paper,
    `\\documentclass{article}\\usepackage{booktabs}\\begin{document}\\input{${table}}\\end{document}\n`,
  );
  const { status, stdout } = spawnSync(
    tex!,
    tex === 'tectonic' ? [paper] : ['-interaction=nonstopmode', '-halt-on-error', paper],
    { cwd: folder, encoding: 'utf8' },
  );
  expect(status, stdout).toBe(0);
  expect(existsSync(join(folder, 'paper.pdf'))).toBe(true);
});
