/** Arms × attacks as a table of numbers: of one session, and of several. */
import { computed, ref } from 'vue';
import type { Task } from '../../../src-main/contract/catalog';
import { shade } from '../../charts/heat';
import type { Matrix } from '../../charts/matrix';
import {
  metricsOf,
  resultGrid,
  resultMatrix,
  usualMetric,
  type ResultNumber,
  type ResultRow,
} from '../../charts/results';
import { measureOf } from '../../format';
import type { Palette } from '../../theme/palette';

/** @param keyOf tells rows apart, copies of them included */
export function useResultTable<R extends ResultRow>(
  rows: () => readonly R[],
  labels: () => readonly string[],
  task: () => Task | undefined,
  keyOf: (row: R) => string,
) {
  const metrics = computed(() => metricsOf(rows()));
  const chosen = ref<string | null>(null);
  /** What is opened next may lack the one chosen. */
  const metric = computed({
    get: () =>
      chosen.value !== null && metrics.value.includes(chosen.value)
        ? chosen.value
        : usualMetric(metrics.value, task()),
    set: (name) => (chosen.value = name),
  });
  const measure = computed(() => measureOf(metric.value));
  const grid = computed(() => resultGrid(rows(), labels().length, metric.value));
  const places = computed(() => new Map(rows().map((row, i) => [keyOf(row), i])));
  const numberAt = (row: R, column: number): ResultNumber | null =>
    grid.value.numbers[places.value.get(keyOf(row))!]?.[column + 1] ?? null;
  /** Columns of numbers are named by the attack's index. */
  function cellStyle({ row, column }: { row: R; column: { columnKey: string } }) {
    const at = Number.parseInt(column.columnKey, 10);
    const mean = Number.isNaN(at) ? undefined : numberAt(row, at)?.sum?.mean;
    return mean === undefined ? {} : { background: shade(mean, grid.value.scale) };
  }
  const matrixIn = (inks: Palette): Matrix => resultMatrix(grid.value, labels(), inks);
  return { metrics, metric, measure, grid, numberAt, cellStyle, matrixIn };
}
