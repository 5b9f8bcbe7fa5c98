/** A table that is told in several ways: as a page, in LaTeX, as CSV. */

export interface TableCell {
  text: string;
  /** Stands smaller beside it: an interval, a count. */
  small?: string;
  /** The best of its column. */
  best?: boolean;
  /** A check of the verdict failed: the number is not to be believed. */
  doubtful?: boolean;
}

export interface Table {
  title: string;
  /** Short, of letters and dashes: file names and LaTeX labels are made of it. */
  name: string;
  /** The first column names the rows. */
  columns: string[];
  rows: TableCell[][];
  /** What marks and figures mean. */
  notes: string[];
}
