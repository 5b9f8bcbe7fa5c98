/** The map of the environment that the form describes, from the catalog alone. */
import { find, type Catalog } from '../../../src-main/contract/catalog';
import type { Ink } from '../../../src-main/contract/scene';

export interface TextMap {
  rows: string[];
  inks: Record<string, Ink>;
  actionNames: readonly string[];
}

/** Null where the environment is no grid, or its own map cannot be drawn: rows of different lengths. */
export function textMap(catalog: Catalog, environment: unknown): TextMap | null {
  const entry = (environment ?? {}) as Record<string, unknown>;
  const definition = find(catalog, 'environment', String(entry['id'] ?? ''));
  const { text } = definition ?? {};
  if (!text) return null;
  const own = text.own ? entry[text.own] : undefined;
  const spec = text.by ? definition!.params[text.by] : undefined;
  const standard = spec?.kind === 'choice' ? spec.default : Object.keys(text.maps)[0]!;
  const named = text.maps[String((text.by && entry[text.by]) ?? standard)];
  const rows = Array.isArray(own) ? own.map(String) : named;
  if (!rows?.length || rows.some((row) => row.length !== rows[0]!.length)) return null;
  return { rows: [...rows], inks: text.inks, actionNames: text.actionNames };
}

/** Lines “cell = value” as a map; what cannot be read is left out, the form shows its problem. */
export function readCells(lines: readonly string[]): Map<number, string> {
  return new Map(
    lines.flatMap((line) => {
      const found = /^\s*(\d+)\s*=\s*(.+?)\s*$/.exec(line);
      return found ? [[Number(found[1]), found[2]!] as const] : [];
    }),
  );
}

/** The lines with a cell's value set, or taken away by null; all others stay as they were written. */
export function withCell(lines: readonly string[], cell: number, value: string | null): string[] {
  const isOf = (line: string): boolean => Number(/^\s*(\d+)\s*=/.exec(line)?.[1] ?? NaN) === cell;
  const added = value === null ? [] : [`${cell} = ${value}`];
  const at = lines.findIndex(isOf);
  return at < 0
    ? [...lines, ...added]
    : [...lines.slice(0, at), ...added, ...lines.slice(at + 1).filter((line) => !isOf(line))];
}
