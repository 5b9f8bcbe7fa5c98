/**
 * Of a long list only the rows in sight are drawn, and one that must not go: the row that holds the focus. All rows have
 * one height, and what is left out is as high as it would be, so that the scroll bar tells the truth.
 */
import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue';
import { useSize } from './size';

/** Rows drawn above and below those in sight, so that the next one can be tabbed to. */
const MORE = 6;

export interface Windowed {
  /** Rows to draw, in order; `before` is how many were left out since the one before. */
  rows: { index: number; before: number }[];
  /** Left out at the end. */
  after: number;
}

/** @param inSight the first row in sight, and how many there are */
export function windowOf(
  count: number,
  inSight: { first: number; rows: number },
  kept: number | null,
): Windowed {
  const from = Math.max(0, Math.min(inSight.first, count - 1) - MORE);
  const to = Math.min(count, inSight.first + inSight.rows + MORE);
  const drawn = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  if (kept !== null && kept < from) drawn.unshift(kept);
  if (kept !== null && kept >= to && kept < count) drawn.push(kept);
  return {
    rows: drawn.map((index, i) => ({ index, before: index - (drawn[i - 1] ?? -1) - 1 })),
    after: count - 1 - (drawn.at(-1) ?? -1),
  };
}

/** @param rowHeight in CSS pixels */
export function useWindowed(
  scroller: Ref<HTMLElement | null>,
  rowHeight: number,
  count: () => number,
  kept: () => number | null,
): ComputedRef<Windowed> {
  const size = useSize(scroller);
  const first = ref(0);
  const follow = (): void => void (first.value = Math.floor(scroller.value!.scrollTop / rowHeight));
  onMounted(() => scroller.value?.addEventListener('scroll', follow, { passive: true }));
  onBeforeUnmount(() => scroller.value?.removeEventListener('scroll', follow));
  return computed(() =>
    windowOf(count(), { first: first.value, rows: Math.ceil(size.height / rowHeight) }, kept()),
  );
}
