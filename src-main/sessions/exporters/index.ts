/** Exports a session: nothing half-written is ever left looking finished. */
import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { CatalogEntry } from '../../contract/catalog';
import { LabError } from '../../contract/problem';
import { SessionReader } from '../reader';
import { writingError } from '../whole-file';
import type { Exporter } from './exporter';

const found = import.meta.glob('./formats/*.ts', { eager: true }) as Record<string, { default: Exporter }>;
const exporters = Object.values(found)
  .map((module) => module.default)
  .sort((a, b) => (a.id < b.id ? -1 : 1));

export const exporterCatalog = (): CatalogEntry[] =>
  exporters.map(({ id, title, summary, limits, reference, params, extension }) => ({
    kind: 'exporter',
    tasks: ['classification', 'reinforcement-learning'],
    id,
    title,
    summary,
    ...(limits ? { limits } : {}),
    reference,
    params,
    extension,
  }));

/** @returns the absolute path of what was written */
export async function exportSession(file: string, format: string, out: string): Promise<string> {
  const exporter = exporters.find(({ id }) => id === format);
  if (!exporter) {
    throw new LabError(
      format,
      'there is no such export format',
      `Known: ${exporters.map(({ id }) => id).join(', ')}.`,
    );
  }
  const target = resolve(out);
  checkTarget(target, exporter);
  const session = SessionReader.open(file);
  const drafts = new Map<string, string>();
  try {
    session.check();
    await exporter.write(session, (suffix = '') => {
      const end = extname(target);
      const final = suffix ? join(dirname(target), basename(target, end) + suffix + end) : target;
      const draft = join(dirname(final), `.${basename(final)}-${process.pid}.new`);
      drafts.set(draft, final);
      return draft;
    });
    for (const [draft, final] of drafts) {
      if (isEmptyFolder(final)) rmdirSync(final);
      renameSync(draft, final);
    }
    return target;
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw writingError(error, target);
  } finally {
    for (const draft of drafts.keys()) rmSync(draft, { recursive: true, force: true });
    session.close();
  }
}

const isEmptyFolder = (path: string): boolean =>
  existsSync(path) && statSync(path).isDirectory() && readdirSync(path).length === 0;

function checkTarget(target: string, { extension }: Exporter): void {
  if (!existsSync(dirname(target))) {
    throw new LabError(
      target,
      `there is no folder ${dirname(target)}`,
      'Create it first, or choose another.',
    );
  }
  if (!existsSync(target) || isEmptyFolder(target)) return;
  if (statSync(target).isDirectory()) {
    throw new LabError(target, 'there is a folder of this name with something in it', 'Choose another name.');
  }
  if (!extension)
    throw new LabError(
      target,
      'this format writes a folder; there is a file of this name',
      'Choose another name.',
    );
}
