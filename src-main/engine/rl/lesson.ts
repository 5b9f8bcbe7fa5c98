/** What an agent learns from: training episodes as the arm perturbs and pays them, and examinations without either. */
import type { Environment } from '../../contract/environment';
import type { ArmContext } from '../context';
import type { Experience, Lesson, Policy } from '../definitions';
import { exactReturn } from './exact';
import { greedyChoices, type BoundAttack, type Seat } from './eyes';
import { meanPaidReturn, meanReturn, play, trajectory, transitionOf, type Pay } from './episodes';
import { stepLimit } from './limit';
import { rowsOf, Worlds } from './worlds';

/** Greedy episodes of one examination. */
const EXAMINATION_EPISODES = 20;
/** Points of a return curve; each is the mean of the episodes that ended since the last. */
const CURVE_POINTS = 200;
/** Examinations whose first episode is drawn. */
const DRAWN_EXAMINATIONS = 10;
/** Share of the training, at its end, over which the paid return is reported. */
const LAST_SHARE = 0.1;

export interface Conditions {
  environment: Environment;
  context: ArmContext;
  /** Reward poisoning, each with a stream of its own. */
  pay?: { practice: Pay; examination: Pay };
  /** Training under attack. */
  attacked?: AttackedPractice;
  regularizer?: Lesson['regularizer'];
}

export interface AttackedPractice {
  /** What is perceived of some rows; progress runs from 0 to 1. */
  perceive(observations: Float32Array, policy: Policy, progress: number, seats: Seat[]): Float32Array;
  /** The same attack at full strength, for examinations. */
  full: BoundAttack;
  /** Lets an adversary that learns alongside catch up with the agent. */
  catchUp?(policy: Policy, trainedSteps: number): Promise<void>;
}

/** What a poisoned training did to the pay. */
export interface PayRecord {
  steps: number;
  alteredSteps: number;
  /** Mean return paid in the episodes that ended in the last tenth of the training; null when none did. */
  paidReturn(): number | null;
}

/** Mean of what was added since the last reading. */
class Window {
  private sum = 0;
  private count = 0;

  add(value: number): void {
    this.sum += value;
    this.count++;
  }

  /** Null when nothing was added. */
  read(): number | null {
    const mean = this.count > 0 ? this.sum / this.count : null;
    this.sum = this.count = 0;
    return mean;
  }
}

export function createLesson({ environment, context, pay, attacked, regularizer }: Conditions): {
  lesson: Lesson;
  payRecord: PayRecord;
} {
  const arm = context.arm.index;
  const limit = stepLimit(environment);
  const lastPaid = new Window();
  const payRecord: PayRecord = { steps: 0, alteredSteps: 0, paidReturn: () => lastPaid.read() };
  let plannedSteps = 1;
  let drawn = 0;

  const point = (series: string, x: number, value: number | null): void => {
    if (value !== null) context.emit({ type: 'point', arm, series, x, value });
  };

  const lesson: Lesson = {
    environment,
    ...(regularizer && { regularizer }),

    practise(policy, steps, rows = 1) {
      plannedSteps = steps;
      const worlds = new Worlds(environment, rows, context.random('training', 'dynamics'));
      const pointEvery = Math.max(1, Math.round(steps / CURVE_POINTS));
      const trueReturns = new Window();
      const paidReturns = new Window();
      const trueReturn = new Float64Array(rows);
      const paidReturn = new Float64Array(rows);
      let taken = 0;
      let pointed = 0;

      const perceived = (truth: Float32Array, seats: Seat[]): Float32Array =>
        attacked ? attacked.perceive(truth, policy, taken / steps, seats) : truth;
      const size = worlds.size;
      const row = (values: Float32Array, i: number): Float32Array =>
        values.subarray(i * size, (i + 1) * size);

      const practice = {
        observations: perceived(worlds.truth(), worlds.seats()),
        step(actions: ArrayLike<number>): Experience[] {
          const { observations } = practice;
          const before = worlds.truth();
          const outcomes = worlds.step(actions);
          taken += rows;
          const next = perceived(worlds.truth(), worlds.seats());
          const experiences = outcomes.map(({ reward: earned, terminated, truncated }, i): Experience => {
            const reward = pay
              ? pay.practice(transitionOf(row(before, i), actions[i]!, earned, terminated))
              : earned;
            trueReturn[i]! += earned;
            paidReturn[i]! += reward;
            payRecord.steps++;
            if (reward !== earned) payRecord.alteredSteps++;
            if (terminated || truncated) {
              trueReturns.add(trueReturn[i]!);
              paidReturns.add(paidReturn[i]!);
              if (taken > (1 - LAST_SHARE) * steps) lastPaid.add(paidReturn[i]!);
              trueReturn[i] = paidReturn[i] = 0;
            }
            return {
              observation: row(observations, i),
              action: actions[i]!,
              reward,
              next: row(next, i),
              terminated,
              truncated,
            };
          });
          practice.observations = next;
          const begun = worlds.restart();
          if (begun.length > 0) {
            practice.observations = next.slice();
            const seats = worlds.seats();
            const fresh = perceived(
              rowsOf(worlds.truth(), begun, size),
              begun.map((i) => seats[i]!),
            );
            begun.forEach((i, k) => practice.observations.set(row(fresh, k), i * size));
          }
          if (taken - pointed >= pointEvery) {
            pointed = taken;
            point('return', taken, trueReturns.read());
            if (pay) point('perceivedReturn', taken, paidReturns.read());
          }
          return experiences;
        },
      };
      return practice;
    },

    async examine(policy, trainedSteps) {
      await attacked?.catchUp?.(policy, trainedSteps);
      const episodes = (attack?: BoundAttack) =>
        play({
          environment,
          policy,
          episodes: EXAMINATION_EPISODES,
          dynamics: (episode) => context.random('examination', trainedSteps, episode),
          attack,
          pay: pay?.examination,
          breathe: () => context.breathe(),
        });
      const played = await episodes();
      point('greedyReturn', trainedSteps, meanReturn(played));
      if (environment.transitions) {
        const choices = greedyChoices(policy, environment.transitions().length);
        point('exactReturn', trainedSteps, exactReturn(environment, choices, limit));
      }
      if (trainedSteps * DRAWN_EXAMINATIONS >= drawn * plannedSteps) {
        drawn = Math.floor((trainedSteps * DRAWN_EXAMINATIONS) / plannedSteps) + 1;
        context.emit(trajectory(environment, played, { arm, attack: null, trainedSteps }));
      }
      // A poisoned learner knows no other pay to choose its checkpoint by.
      if (!attacked) return meanPaidReturn(played);
      const underAttack = await episodes(attacked.full);
      point('attackedGreedyReturn', trainedSteps, meanReturn(underAttack));
      return (meanPaidReturn(played) + meanPaidReturn(underAttack)) / 2;
    },
  };
  return { lesson, payRecord };
}
