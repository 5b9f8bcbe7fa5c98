/**
 * How long the report of a session takes, by the command line, start included:
 *
 *     node bench/ui/report.mjs SESSION [--times 3]
 *
 * Meant for a session of the bout `defense-matrix` (npx sparring run defense-matrix --out DIR). Of the times the median is
 * told, and the page's size.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../scripts/build.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '3' } },
});
const [session] = positionals;
if (!session) {
  process.stderr.write('report.mjs: expected a session file.\n');
  process.exit(2);
}
await ensureBuilt();

const folder = mkdtempSync(join(tmpdir(), 'sparring-report-'));
const loadBefore = loadavg();
const measured = ['html', 'pdf'].map((format) => {
  const out = join(folder, `report.${format}`);
  const seconds = Array.from({ length: Number(values.times) }, () => {
    const began = performance.now();
    execFileSync(
      process.execPath,
      ['scripts/sparring.mjs', 'export', session, '--format', format, '--out', out],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    return (performance.now() - began) / 1000;
  }).sort((a, b) => a - b);
  return {
    format,
    medianSeconds: seconds[Math.floor(seconds.length / 2)],
    seconds,
    bytes: statSync(out).size,
  };
});
rmSync(folder, { recursive: true });
console.log(JSON.stringify({ session, sessionBytes: statSync(session).size, loadBefore, measured }, null, 2));
