/** ImageEdit against a classifier small enough to be worked out by hand. */
import { describe, expect, it } from 'vitest';
import { imageEdit, type ImageEditOptions, type Query } from '../../../envs/attack/image-edit';

/** 2×2 images, two classes: the first class's score is the left column's brightness, the second's the right column's. */
const columns: Query = async (images, rows) =>
  Float32Array.from(
    rows.flatMap((_, i) => {
      const [topLeft, topRight, bottomLeft, bottomRight] = images.subarray(4 * i, 4 * i + 4);
      return [topLeft! + bottomLeft!, topRight! + bottomRight!];
    }),
  );
const OPTIONS: ImageEditOptions = {
  shape: [2, 2, 1],
  classes: 2,
  goal: 'untargeted',
  epsilon: 0.25,
  levels: 1,
  queries: 10,
  price: 0.125,
};
const environment = imageEdit(OPTIONS);
// Margin of class 0: 1.5 − 0.5 = 1.
const IMAGE = Float32Array.of(1, 0, 0.5, 0.5);
const start = async (from = environment) => (await from.initial(IMAGE, [0], columns))[0]!;
const [UP, DOWN] = [0, 1];
const [TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT] = [0, 2, 4];

describe('ImageEdit', () => {
  it('starts at the clean image, asked about once', async () => {
    const state = await start();
    expect(state).toMatchObject({ asked: 1, margin: 1, cleanMargin: 1 });
    expect(environment.image(state)).toEqual(IMAGE);
  });

  it('pays the drop of the margin less the price for an edit that helps, and keeps it', async () => {
    const before = await start();
    const copy = structuredClone(before);
    const [step] = await environment.step([before], [TOP_LEFT + DOWN], columns);
    expect(step).toMatchObject({
      reward: 0.25 - 0.125,
      terminated: false,
      state: { margin: 0.75, asked: 2 },
    });
    expect([...environment.image(step!.state)]).toEqual([0.75, 0, 0.5, 0.5]);
    expect(before).toEqual(copy);
  });

  it('takes an edit back that does not help, and closes it until another is kept', async () => {
    const action = BOTTOM_LEFT + UP;
    const [refused] = await environment.step([await start()], [action], columns);
    expect(refused).toMatchObject({ reward: -0.125, state: { margin: 1, asked: 2 } });
    expect(environment.image(refused!.state)).toEqual(IMAGE);
    expect(environment.open(refused!.state)[action]).toBe(0);
    await expect(environment.step([refused!.state], [action], columns)).rejects.toThrow(RangeError);
    const [kept] = await environment.step([refused!.state], [TOP_LEFT + DOWN], columns);
    expect(environment.open(kept!.state)[action]).toBe(1);
  });

  it('does not open edits that would leave the image as it is', async () => {
    const open = environment.open(await start());
    // White cannot be brightened, black not darkened.
    expect(open[TOP_LEFT + UP]).toBe(0);
    expect(open[TOP_RIGHT + DOWN]).toBe(0);
    expect(open.reduce((sum, is) => sum + is, 0)).toBe(6);
    const [step] = await environment.step([await start()], [TOP_LEFT + DOWN], columns);
    expect(environment.open(step!.state)[TOP_LEFT + DOWN]).toBe(0);
    expect(environment.open(step!.state)[TOP_LEFT + UP]).toBe(1);
  });

  it('ends where the classifier is turned, and pays no more than down to there', async () => {
    const strong = imageEdit({ ...OPTIONS, epsilon: 0.75 });
    const [first] = await strong.step([await start(strong)], [TOP_LEFT + DOWN], columns);
    expect(first).toMatchObject({ terminated: false, state: { margin: 0.25 } });
    const [second] = await strong.step([first!.state], [TOP_RIGHT + UP], columns);
    expect(second).toMatchObject({ terminated: true, reward: 0.25 - 0.125, state: { margin: -0.5 } });
  });

  it('ends when the queries are spent', async () => {
    const short = imageEdit({ ...OPTIONS, queries: 2 });
    const [step] = await short.step([await start(short)], [TOP_LEFT + DOWN], columns);
    expect(step!.terminated).toBe(true);
  });

  it('drives a targeted goal towards its class', async () => {
    const targeted = imageEdit({ ...OPTIONS, goal: 'targeted', epsilon: 1 });
    let [state] = await targeted.initial(IMAGE, [1], columns);
    expect(state).toMatchObject({ margin: 1 });
    for (const action of [TOP_LEFT + DOWN, TOP_RIGHT + UP])
      state = (await targeted.step([state!], [action], columns))[0]!.state;
    expect(state!.margin).toBeLessThan(0);
  });

  it('asks about many images together, each by its number', async () => {
    const asked: number[][] = [];
    const query: Query = (images, rows) => {
      asked.push([...rows]);
      return columns(images, rows);
    };
    const states = await environment.initial(Float32Array.of(...IMAGE, ...IMAGE, ...IMAGE), [0, 0, 0], query);
    await environment.step([states[0]!, states[2]!], [TOP_LEFT + DOWN, TOP_RIGHT + UP], query);
    expect(asked).toEqual([
      [0, 1, 2],
      [0, 2],
    ]);
  });

  it('observes what it says', async () => {
    const [step] = await environment.step([await start()], [TOP_LEFT + DOWN], columns);
    const { state } = step!;
    const observation = environment.observe(state);
    expect(observation).toHaveLength(environment.observationSize);
    expect([...observation]).toEqual([
      // scores relative to the label's; label; means; edits
      ...[0, -0.75],
      ...[1, 0],
      ...[1, 0, 0.5, 0.5],
      ...[-1, 0, 0, 0],
      ...environment.open(state),
      ...[0.75, Math.fround(0.8)],
    ]);
    expect([...environment.openIn(observation)]).toEqual([...environment.open(state)]);
  });

  it('tiles the image with blocks of every level, however its sides divide', async () => {
    const fine = imageEdit({ ...OPTIONS, shape: [9, 11, 3], levels: 3, epsilon: 0.5 });
    expect(fine.actionSpace.n).toBe(2 * (4 + 16 + 64));
    expect(fine.actionSpace.names).toHaveLength(fine.actionSpace.n);
    const changed = new Uint8Array(9 * 11 * 3);
    const grey = new Float32Array(9 * 11 * 3).fill(0.25);
    // A classifier that always likes the last image best, so that every edit is kept.
    let worth = 0;
    const pleased: Query = async (_, rows) => Float32Array.from(rows.flatMap(() => [100 - worth++, 0]));
    const [state] = await fine.initial(grey, [0], pleased);
    for (let block = 20; block < 84; block++) {
      const [step] = await fine.step([state!], [2 * block], pleased);
      fine.image(step!.state).forEach((value, i) => (changed[i]! += value === 0.75 ? 1 : 0));
    }
    expect([...changed].every((times) => times === 1)).toBe(true);
  });

  it('refuses more cells than pixels', () => {
    expect(() => imageEdit({ ...OPTIONS, levels: 2 })).toThrow(/4 cells do not fit across/);
  });
});
