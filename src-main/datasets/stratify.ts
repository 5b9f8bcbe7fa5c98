/** A fixed, stratified split: no random numbers, so that no run's seed can change what is tested on. */

/** Indices of each class, in file order. */
function byClass(labels: ArrayLike<number>, classes: number): number[][] {
  const lists = Array.from({ length: classes }, (): number[] => []);
  for (let i = 0; i < labels.length; i++) lists[labels[i]!]!.push(i);
  return lists;
}

/** Classes interleaved in proportion, so that every prefix of the result is stratified. */
function interleaved(lists: number[][]): number[] {
  return lists
    .flatMap((list, label) => list.map((index, i) => ({ index, at: (i + 0.5) / list.length, label })))
    .sort((a, b) => a.at - b.at || a.label - b.label)
    .map(({ index }) => index);
}

/** All samples, their classes interleaved in proportion. */
export const stratifiedOrder = (labels: ArrayLike<number>, classes: number): number[] =>
  interleaved(byClass(labels, classes));

/** One pool of images that come without a test part gives a fifth of them, rounded up. */
export const fifth = (total: number): number => Math.ceil(total / 5);

/**
 * Splits samples into a pool to train on and one to test on. Each class gives the test pool its share (largest
 * remainders make the total exact), spread evenly over the file; both pools have their classes interleaved.
 */
export function stratifiedPools(
  labels: ArrayLike<number>,
  classes: number,
  testSize: number,
): { train: number[]; test: number[] } {
  const lists = byClass(labels, classes);
  const exact = lists.map((list) => (list.length * testSize) / labels.length);
  const counts = exact.map(Math.floor);
  const missing = testSize - counts.reduce((a, b) => a + b, 0);
  exact
    .map((value, label) => ({ label, rest: value - Math.floor(value) }))
    .sort((a, b) => b.rest - a.rest || a.label - b.label)
    .slice(0, missing)
    .forEach(({ label }) => counts[label]!++);
  const isTest = (i: number, length: number, count: number) =>
    Math.floor(((i + 1) * count) / length) > Math.floor((i * count) / length);
  const pick = (wanted: boolean) =>
    interleaved(
      lists.map((list, label) => list.filter((_, i) => isTest(i, list.length, counts[label]!) === wanted)),
    );
  return { train: pick(false), test: pick(true) };
}
