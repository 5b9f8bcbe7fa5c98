/** The experiment as text: YAML (of which JSON is a part) to value and back. */
import { parseDocument, stringify } from 'yaml';
import { parseExperiment, type Parsed } from './experiment';
import type { Catalog } from './catalog';
import type { Problem } from './events';

/** Syntax errors are told with line and column. `name` is what the user knows the text by. */
export function rawFromText(
  text: string,
  name: string,
): { ok: true; raw: unknown } | { ok: false; problems: Problem[] } {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length) {
    return {
      ok: false,
      problems: document.errors.map((error) => ({
        place: `${name}${error.linePos ? `, line ${error.linePos[0].line}, column ${error.linePos[0].col}` : ''}`,
        message: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
        remedy: 'The text must be YAML or JSON.',
      })),
    };
  }
  return { ok: true, raw: document.toJS() };
}

export function experimentFromText(text: string, name: string, catalog: Catalog): Parsed {
  const parsed = rawFromText(text, name);
  return parsed.ok ? parseExperiment(parsed.raw, catalog) : parsed;
}

/** Short lists and entries stay on one line, as people write them. */
export function experimentToText(raw: unknown): string {
  return stringify(raw, { lineWidth: 110, flowCollectionPadding: false });
}
