/** A board of arms as a chart with axes to choose: of one session, and of several. */
import { computed, ref } from 'vue';
import { weighedBy } from '../../../src-main/contract/board';
import { boardOption, type BoardPoint } from '../../charts/board';
import type { ChartOption } from '../../charts/echarts';
import { usePalette, type Palette } from '../../theme/palette';

export function useBoardChart(points: () => readonly BoardPoint[], measures: () => readonly string[]) {
  const palette = usePalette();
  const x = ref<string | null>(null);
  const y = ref<string | null>(null);
  const usual = computed(() => weighedBy(measures()));
  /** What is opened next may lack a measure. */
  const known = (chosen: string | null, else_: string): string =>
    chosen !== null && measures().includes(chosen) ? chosen : else_;
  const across = computed({ get: () => known(x.value, usual.value.clean), set: (name) => (x.value = name) });
  const up = computed({ get: () => known(y.value, usual.value.worst), set: (name) => (y.value = name) });

  const drawn = computed(() => points().some(({ row }) => row.values[across.value] && row.values[up.value]));
  const optionOn = (inks: Palette, figure: boolean): ChartOption =>
    boardOption(points(), across.value, up.value, inks, figure);
  /** Null while no arm has both. */
  const option = computed(() => (drawn.value ? optionOn(palette.value, false) : null));
  return { across, up, option, optionOn };
}
