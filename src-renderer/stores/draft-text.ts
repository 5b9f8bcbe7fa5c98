/**
 * Edits of the experiment's text by path. The text is the source of truth: the form changes one value in it and leaves
 * the rest as the user wrote it, comments included.
 */
import { isCollection, isMap, isNode, isSeq, parseDocument, type Document } from 'yaml';

export type Path = readonly (string | number)[];

const print = (document: Document): string =>
  document.toString({ lineWidth: 110, flowCollectionPadding: false });

/** A document to edit; a text with syntax errors is never edited (the form is read-only then). */
function read(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length)
    throw new Error('The text has syntax errors and cannot be edited from the form.');
  return document;
}

/** Values inside an entry are written on one line, as people write them. */
function asNode(document: Document, value: unknown): unknown {
  return typeof value === 'object' && value !== null ? document.createNode(value, { flow: true }) : value;
}

export function setValue(text: string, path: Path, value: unknown): string {
  const document = read(text);
  document.contents ??= document.createNode({}) as unknown as typeof document.contents;
  // An entry that was left empty (`training:`) is null, which cannot take a key.
  for (let depth = 1; depth < path.length; depth++) {
    const parent = path.slice(0, depth);
    if (!isCollection(document.getIn(parent, true))) {
      document.setIn(
        parent,
        document.createNode(typeof path[depth] === 'number' ? [] : {}, { flow: depth > 1 }),
      );
    }
  }
  document.setIn(path, asNode(document, value));
  return print(document);
}

/** Takes the value away; a map that is empty thereafter goes with it. */
export function removeValue(text: string, path: Path): string {
  const document = read(text);
  document.deleteIn(path);
  const parent = path.slice(0, -1);
  const rest = parent.length ? document.getIn(parent, true) : undefined;
  if (isMap(rest) && rest.items.length === 0) document.deleteIn(parent);
  return print(document);
}

/** Adds an entry on a line of its own. */
export function addEntry(text: string, key: string, entry: Record<string, unknown>): string {
  const document = read(text);
  const node = document.createNode(entry, { flow: true });
  const list = document.get(key, true);
  if (isSeq(list)) {
    if (list.items.length === 0) list.flow = false;
    list.add(node);
  } else {
    document.set(key, document.createNode([node]));
  }
  return print(document);
}

/** Where a problem's place stands in the text; the nearest parent when the place itself is missing. */
export function rangeOf(text: string, place: string): [start: number, end: number] | null {
  const line = /line (\d+), column (\d+)$/.exec(place);
  if (line) {
    const start = text
      .split('\n')
      .slice(0, Number(line[1]) - 1)
      .reduce((sum, row) => sum + row.length + 1, 0);
    const at = start + Number(line[2]) - 1;
    return [at, Math.min(at + 1, text.length)];
  }
  const document = parseDocument(text);
  const path = place.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return [node.range[0], node.range[1]];
  }
  return null;
}
