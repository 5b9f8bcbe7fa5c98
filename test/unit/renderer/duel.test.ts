// @vitest-environment happy-dom
import { mount } from '@vue/test-utils';
import { beforeEach, expect, test } from 'vitest';
import type { DuelFacts, DuelTurn, DuelView } from '../../../src-main/contract/duel';
import { useDuel, type DuelPlay } from '../../../src-renderer/components/run/duel';
import { fakeLab } from './fake';

const choice = { arm: 0, attack: null, budget: 0.1, episode: 0 };
const viewAt = (step: number, over: Partial<DuelView> = {}): DuelView =>
  ({ step, ended: null, ...over }) as DuelView;
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** The engine's answers to turns, given when the test says so. */
let answers: ((view: DuelView) => void)[];
let asked: DuelTurn[];
let fake: ReturnType<typeof fakeLab>;
function play(): { duel: DuelPlay; unmount: () => void } {
  let duel!: DuelPlay;
  const wrapper = mount({ setup: () => ((duel = useDuel()), () => null) });
  return { duel, unmount: () => wrapper.unmount() };
}
beforeEach(() => {
  answers = [];
  asked = [];
  fake = fakeLab({
    beginDuel: () => ({ kind: 'box', view: viewAt(0) }) as DuelFacts,
    duelRivals: () => [],
    duelTurn: (turn: DuelTurn) => {
      asked.push(turn);
      return new Promise<DuelView>((resolve) => answers.push(resolve));
    },
  });
});

test('one turn at a time; of the looks asked for meanwhile the last is taken', async () => {
  const { duel } = play();
  await duel.begin('a', choice);
  expect(duel.view.value!.step).toBe(0);
  expect(duel.advance([1])).not.toBeNull();
  expect(duel.advance([2])).toBeNull();
  duel.look([3]);
  duel.look([4]);
  answers[0]!(viewAt(1));
  await settle();
  expect(duel.view.value!.step).toBe(1);
  expect(asked).toEqual([
    { wanted: [1], advance: true },
    { wanted: [4], advance: false },
  ]);
  answers[1]!(viewAt(1, { ended: 'terminated' }));
  await settle();
  expect(duel.advance([5])).toBeNull();
});

test('a decision waits for a look, and is not lost', async () => {
  const { duel } = play();
  await duel.begin('a', choice);
  duel.look([1]);
  let acted = false;
  void duel.advance([2])!.then(() => (acted = true));
  duel.look([3]);
  expect(duel.advance([4])).toBeNull();
  answers[0]!(viewAt(0));
  await settle();
  expect([asked.at(-1), acted]).toEqual([{ wanted: [2], advance: true }, false]);
  answers[1]!(viewAt(1));
  await settle();
  expect([acted, asked.length]).toEqual([true, 2]);
});

test('answers to an earlier duel are nobody’s, and leaving ends it', async () => {
  const { duel, unmount } = play();
  await duel.begin('a', choice);
  void duel.advance([1]);
  await duel.begin('a', { ...choice, episode: 1 });
  answers[0]!(viewAt(7));
  await settle();
  expect(duel.view.value!.step).toBe(0);
  expect(duel.advance([1])).not.toBeNull();
  unmount();
  await settle();
  expect(fake.calls.at(-1)!.name).toBe('endDuel');
});

test('a refusal is shown, and a new beginning forgets it', async () => {
  const { duel } = play();
  let dies = true;
  fake = fakeLab({
    beginDuel: () => {
      if (dies) throw new Error('the engine process ended unexpectedly');
      return { kind: 'box', view: viewAt(0) };
    },
  });
  await duel.begin('a', choice);
  expect(duel.problem.value).toMatchObject({ message: 'the engine process ended unexpectedly' });
  expect([duel.facts.value, duel.waking.value]).toEqual([null, false]);
  dies = false;
  await duel.begin('a', choice);
  expect(duel.problem.value).toBeNull();
  expect(duel.facts.value).not.toBeNull();
});
