/** Lines of text that say something of cells: “6 = left”, “6 = −1”. */

export interface CellLine {
  /** Null for “*”: all cells that no other line is of. */
  cell: number | null;
  /** What stands behind the sign. */
  value: string;
  /** As it was written. */
  line: string;
}

/** @throws RangeError, naming parameter and line, for another form, a cell outside the `states`, and a cell twice */
export function cellLines(name: string, lines: string[], states: number, all: boolean): CellLine[] {
  const seen = new Set<string>();
  return lines.map((line) => {
    const found = /^\s*(\d+|\*)\s*=\s*(.+?)\s*$/.exec(line);
    const [, cell, value] = found ?? [];
    if (!cell || !value || (cell === '*' && !all))
      throw new RangeError(
        `${name}: found “${line}”; expected a cell and its ${all ? 'action, as in “6 = left” or “* = left”' : 'reward, as in “6 = -1”'}`,
      );
    if (Number(cell) >= states)
      throw new RangeError(`${name}: “${line}” is of cell ${cell}; expected 0 to ${states - 1}`);
    if (seen.has(cell))
      throw new RangeError(`${name}: “${line}” is of cell ${cell}, which has a line already`);
    seen.add(cell);
    return { cell: cell === '*' ? null : Number(cell), value, line };
  });
}
