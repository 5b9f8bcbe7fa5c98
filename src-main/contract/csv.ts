/** Comma-separated values (RFC 4180). */
export type CsvRow = Record<string, unknown>;

function field(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Columns in the order of `first`, then by name, `last` at the end. */
export function toCsv(rows: CsvRow[], first: string[], last: string[]): string {
  const middle = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    .filter((name) => !first.includes(name) && !last.includes(name))
    .sort();
  const columns = [...first, ...middle, ...last];
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))]
    .map((line) => `${line.map(field).join(',')}\r\n`)
    .join('');
}
