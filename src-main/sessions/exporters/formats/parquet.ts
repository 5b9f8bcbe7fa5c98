import { writeFile } from 'node:fs/promises';
import { summarize } from '../../../contract/summary';
import type { CsvRow } from '../../../contract/csv';
import { stateOf } from '../../show';
import { defineExporter } from '../exporter';
import { boardRows, checkRows, classRows, curveRows, metricRows, transferRows } from '../tables';

type Column =
  | { name: string; type: 'INT32' | 'DOUBLE' | 'BOOLEAN'; data: (number | boolean | null)[] }
  | { name: string; type: 'STRING'; data: (string | null)[] };

const isNothing = (value: unknown): boolean => value === undefined || value === null || value === '';

/** A column has the narrowest type that holds all its values; what is of several types, or nested, stands as text. */
export function columnOf(name: string, values: unknown[]): Column {
  const present = values.filter((value) => !isNothing(value));
  const nulled = <T>(turn: (value: unknown) => T) =>
    values.map((value) => (isNothing(value) ? null : turn(value)));
  if (present.length > 0 && present.every((value) => typeof value === 'number')) {
    const whole = present.every((value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31);
    // Values measured stay real numbers even where all of a table happen to be whole.
    const integer = whole && INTEGERS.test(name);
    return { name, type: integer ? 'INT32' : 'DOUBLE', data: nulled(Number) };
  }
  if (present.length > 0 && present.every((value) => typeof value === 'boolean'))
    return { name, type: 'BOOLEAN', data: nulled(Boolean) };
  return {
    name,
    type: 'STRING',
    data: nulled((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))),
  };
}

/** Columns that count. */
const INTEGERS = /(^|\.)(arm|seed|n|inputs)$|^takenFor\./;

function columnsOf(rows: CsvRow[]): Column[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names.map((name) =>
    columnOf(
      name,
      rows.map((row) => row[name]),
    ),
  );
}

export default defineExporter({
  id: 'parquet',
  title: 'Parquet',
  summary:
    'The tables of the CSV export with typed columns, a file each: metrics, and beside it -curves, -checks, -board, -classes and -transfer where there are any. Opens in pandas, DuckDB and Arrow.',
  limits:
    'Columns of several types, and nested attacks, are text (the latter JSON). Tables without a row are left out.',
  reference: {
    authors: 'Apache Software Foundation',
    title: 'Apache Parquet',
    year: 2013,
    where: 'parquet.apache.org',
  },
  extension: '.parquet',
  async write(session, place) {
    const { parquetWriteBuffer } = await import('hyparquet-writer');
    const state = stateOf(session);
    const tables: [string, CsvRow[]][] = [
      ['', metricRows(state)],
      ['-curves', curveRows(state)],
      ['-checks', checkRows(summarize(state).summary)],
      ['-board', state.plan?.task === 'classification' ? boardRows(state) : []],
      ['-classes', classRows(state)],
      ['-transfer', transferRows(state)],
    ];
    for (const [suffix, rows] of tables) {
      if (rows.length === 0 && suffix !== '') continue;
      // A table without rows still says what it would hold.
      const columns = rows.length ? columnsOf(rows) : [columnOf('metric', []), columnOf('value', [])];
      const buffer = parquetWriteBuffer({ columnData: columns });
      await writeFile(place(suffix), new Uint8Array(buffer));
    }
  },
});
