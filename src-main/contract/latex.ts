/** Tables in LaTeX, as papers set them: booktabs, numbers to the right, the best in bold, notes beneath. */
import { toCsv, type CsvRow } from './csv';
import type { Table, TableCell } from './table';

/** What LaTeX takes otherwise, or the fonts of pdfLaTeX lack. */
const WRITTEN: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '$<$',
  '>': '$>$',
  '|': '\\textbar{}',
  ε: '$\\varepsilon$',
  κ: '$\\kappa$',
  λ: '$\\lambda$',
  α: '$\\alpha$',
  σ: '$\\sigma$',
  '∞': '$\\infty$',
  '−': '$-$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '±': '$\\pm$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '→': '$\\rightarrow$',
  '†': '$^\\dagger$',
  '✓': '$\\surd$',
  '✗': '$\\times$',
  '–': '--',
  '—': '---',
  '…': '\\ldots{}',
  '’': "'",
  '“': '``',
  '”': "''",
  '\u2009': '\\,',
  '\u00a0': '~',
};

export const inLatex = (text: string): string =>
  Array.from(text.replace(/\s+/g, (space) => (space === '\u2009' || space === '\u00a0' ? space : ' ')))
    .map((character) => WRITTEN[character] ?? character)
    .join('');

function cell({ text, small, best, doubtful }: TableCell): string {
  const number = inLatex(text);
  const strong = best ? `\\textbf{${number}}` : number;
  const mark = doubtful ? '$^\\dagger$' : '';
  return `${strong}${mark}${small ? ` {\\scriptsize ${inLatex(small)}}` : ''}`;
}

/** One table, to be read by `\input`. Needs the package booktabs. */
export function toLatex({ title, name, columns, rows, notes }: Table): string {
  const lines = rows.map((row) => `    ${row.map(cell).join(' & ')} \\\\`);
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${inLatex(title)}}`,
    `  \\label{tab:${name}}`,
    '  \\small',
    `  \\begin{tabular}{l${'r'.repeat(columns.length - 1)}}`,
    '    \\toprule',
    `    ${columns.map(inLatex).join(' & ')} \\\\`,
    '    \\midrule',
    ...lines,
    '    \\bottomrule',
    '  \\end{tabular}',
    ...notes.map((note) => `  \\par\\smallskip{\\footnotesize ${inLatex(note)}}`),
    '\\end{table}',
    '',
  ].join('\n');
}

/** Rows of numbers as they stand, for panels whose picture is no table. */
export const plainTable = (title: string, rows: CsvRow[], columns: string[]): Table => ({
  title,
  name: title.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
  columns,
  rows: rows.map((row) =>
    columns.map((name) => {
      const value = row[name];
      return { text: typeof value === 'number' ? String(Number(value.toPrecision(5))) : String(value ?? '') };
    }),
  ),
  notes: [],
});

/** The table as numbers: a row a row, intervals in the same field as what they belong to. */
export const tableToCsv = ({ columns, rows }: Table): string =>
  toCsv(
    rows.map((row) =>
      Object.fromEntries(
        columns.map((name, i) => [
          name,
          [row[i]!.text, row[i]!.small].filter(Boolean).join(' ') + (row[i]!.doubtful ? ' †' : ''),
        ]),
      ),
    ),
    columns,
    [],
  );
