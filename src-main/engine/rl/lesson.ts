/** What an agent learns from: training episodes as the arm perturbs and pays them, and examinations without either. */
import type { Environment } from '../../contract/environment';
import { LabError } from '../../contract/problem';
import type { ArmContext } from '../context';
import type {
  Experience,
  Lesson,
  PaidStep,
  PayRepair,
  Policy,
  RlFilteringDefense,
  TransitionLog,
} from '../definitions';
import type { Implant } from './backdoor';
import { exactReturn } from './exact';
import { greedyChoices, type BoundAttack, type Seat } from './eyes';
import { meanPaidReturn, meanReturn, play, trajectory } from './episodes';
import { gridOf } from './grid';
import type { BoundHands } from './hands';
import { stepLimit } from './limit';
import { filterMetrics, provenanceOf, recordLog, without } from './log';
import { adoptedShare, type Pay, type Poisoner } from './pay';
import { rowsOf, Worlds } from './worlds';

/** Greedy episodes of one examination. */
const EXAMINATION_EPISODES = 20;
/** Points of a return curve; each is the mean of the episodes that ended since the last. */
const CURVE_POINTS = 200;
/** Examinations whose first episode is drawn. */
const DRAWN_EXAMINATIONS = 10;
/** Examinations of which a grid's values are recorded. */
const MAPPED_EXAMINATIONS = 20;
/** Share of the training, at its end, over which the paid return is reported. */
const LAST_SHARE = 0.1;

/** What a poisoner has spent, as curves. */
const SPENT: readonly string[] = ['alteredRewards', 'rewardChange'];

export interface Conditions {
  environment: Environment;
  context: ArmContext;
  /** Reward poisoning. */
  pay?: Poisoner;
  /** A defence against it: what the learner makes of its pay. */
  repair?: PayRepair | null;
  /** Training under attack. */
  attacked?: AttackedPractice;
  regularizer?: Lesson['regularizer'];
  /** A backdoor that is being implanted. */
  implant?: Implant;
  /** What happens to a log before a learner is given it. */
  log?: {
    poison?(log: TransitionLog): { log: TransitionLog; changed: Uint32Array };
    inspect?: (log: TransitionLog) => ReturnType<RlFilteringDefense['inspect']>;
  };
  /** Training with hands that are taken now and then, and how often. */
  disobedience?: { probability: number; practice: BoundHands; examination: BoundHands };
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
  /** Steps in which the trigger of a backdoor was shown. */
  triggeredSteps: number;
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

export function createLesson(conditions: Conditions): {
  lesson: Lesson;
  payRecord: PayRecord;
} {
  const {
    environment,
    context,
    pay,
    repair,
    attacked,
    regularizer,
    implant,
    disobedience,
    log: altered,
  } = conditions;
  const arm = context.arm.index;
  const limit = stepLimit(environment);
  const lastPaid = new Window();
  const payRecord: PayRecord = {
    steps: 0,
    alteredSteps: 0,
    triggeredSteps: 0,
    paidReturn: () => lastPaid.read(),
  };
  let plannedSteps = 1;
  let drawn = 0;
  let mapped = 0;
  const grid = gridOf(environment);
  /** What an examined learner would learn from. */
  const examined: Pay = (step, learner) => {
    const reward = pay ? pay.examination(step, learner) : step.reward;
    return repair ? repair.judge({ ...step, reward }) : reward;
  };

  const point = (series: string, x: number, value: number | null): void => {
    if (value !== null) context.emit({ type: 'point', arm, series, x, value });
  };

  const lesson: Lesson = {
    environment,
    ...(regularizer && { regularizer }),
    ...(disobedience && { pessimism: disobedience.probability }),

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
      /** Where hands are taken the learner's scores of what it sees say which action it thinks least of. */
      const handed = (observations: Float32Array, chosen: ArrayLike<number>, seats: Seat[]): Int32Array => {
        const own = Int32Array.from(chosen);
        return disobedience
          ? disobedience.practice.act(observations, policy.scores(observations), own, seats)
          : own;
      };
      const size = worlds.size;
      // A view would give the array a buffer of its own outside the heap; millions of those end the process before V8 tidies.
      const row = (values: Float32Array, i: number): Float32Array =>
        rows === 1 ? values : values.subarray(i * size, (i + 1) * size);

      const shown = (seen: Float32Array): Float32Array => implant?.show(seen, taken) ?? seen;

      const practice = {
        observations: shown(perceived(worlds.truth(), worlds.seats())),
        step(choices: ArrayLike<number>): Experience[] {
          const { observations } = practice;
          const before = worlds.truth();
          const actions = handed(observations, choices, worlds.seats());
          const meddled = Array.from(actions, (action, i) => implant?.meddle(action, taken + i) ?? null);
          meddled.forEach((one, i) => {
            if (one) actions[i] = one.action;
          });
          const outcomes = worlds.step(actions);
          taken += rows;
          const after = worlds.truth();
          const next = shown(perceived(after, worlds.seats()));
          const experiences = outcomes.map(({ reward: earned, terminated, truncated }, i): Experience => {
            const lived: PaidStep = {
              row: i,
              observation: row(before, i),
              action: actions[i]!,
              reward: earned,
              next: row(after, i),
              terminated,
              truncated,
            };
            const paid = pay ? pay.practice(lived, policy) : earned;
            const reward = meddled[i]?.reward ?? paid;
            if (meddled[i]) payRecord.triggeredSteps++;
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
              reward: repair ? repair.learn({ ...lived, reward }) : reward,
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
            begun.forEach((i, k) => {
              const seen = row(fresh, k);
              practice.observations.set(implant?.show(seen, taken + i) ?? seen, i * size);
            });
          }
          if (taken - pointed >= pointEvery) {
            pointed = taken;
            point('return', taken, trueReturns.read());
            if (pay || implant) point('perceivedReturn', taken, paidReturns.read());
          }
          return experiences;
        },
      };
      return practice;
    },

    record(steps, epsilon) {
      const recorded = recordLog(environment, steps, epsilon, {
        dynamics: context.random('log', 'dynamics'),
        erring: context.random('log', 'erring'),
      });
      const given = altered?.poison?.(recorded) ?? { log: recorded, changed: new Uint32Array() };
      const { log, changed } = given;
      if (altered?.poison || altered?.inspect) {
        const kept = provenanceOf(environment, arm, recorded, given);
        if (altered.poison) context.emit({ type: 'poisoned', arm, changed, of: steps, steps: kept.steps });
        if (kept.log) context.emit(kept.log);
      }
      const found = altered?.inspect?.(log);
      if (!found) return log;
      const metrics = filterMetrics(found.removed, changed, steps);
      context.emit({ type: 'suspects', arm, ...found, of: steps, metrics });
      if (found.removed.length === steps) {
        throw new LabError(
          'defenses',
          `all ${steps} recorded steps were removed, so that nothing is left to learn from`,
          'Raise the threshold of the filter.',
        );
      }
      return without(log, found.removed);
    },

    async examine(policy, trainedSteps) {
      await attacked?.catchUp?.(policy, trainedSteps);
      const episodes = (under: { attack?: BoundAttack; hands?: BoundHands } = {}) =>
        play({
          environment,
          policy,
          episodes: EXAMINATION_EPISODES,
          dynamics: (episode) => context.random('examination', trainedSteps, episode),
          ...under,
          pay: pay || repair ? examined : undefined,
          breathe: () => context.breathe(),
        });
      const played = await episodes();
      point('greedyReturn', trainedSteps, meanReturn(played));
      if (environment.transitions) {
        const choices = greedyChoices(policy, environment.transitions().length);
        point('exactReturn', trainedSteps, exactReturn(environment, choices, limit));
      }
      if (pay?.target) point('targetAdopted', trainedSteps, adoptedShare(pay.target, policy, played));
      if (pay)
        for (const [series, value] of Object.entries(pay.metrics()).filter(([name]) => SPENT.includes(name)))
          point(series, trainedSteps, value);
      if (grid && trainedSteps * MAPPED_EXAMINATIONS >= mapped * plannedSteps) {
        mapped = Math.floor((trainedSteps * MAPPED_EXAMINATIONS) / plannedSteps) + 1;
        const states = Float32Array.from({ length: grid.places.length / 2 }, (_, state) => state);
        const none = new Float32Array(states.length);
        const { altered, change } = pay?.cells() ?? { altered: none, change: none };
        context.emit({
          type: 'grid-policy',
          arm,
          trainedSteps,
          scores: policy.scores(states),
          altered,
          change,
        });
      }
      if (trainedSteps * DRAWN_EXAMINATIONS >= drawn * plannedSteps) {
        drawn = Math.floor((trainedSteps * DRAWN_EXAMINATIONS) / plannedSteps) + 1;
        context.emit(trajectory(environment, played, { arm, attack: null, trainedSteps }));
      }
      // A poisoned learner knows no other pay to choose its checkpoint by.
      if (!attacked && !disobedience) return meanPaidReturn(played);
      const underAttack = await episodes({ attack: attacked?.full, hands: disobedience?.examination });
      point('attackedGreedyReturn', trainedSteps, meanReturn(underAttack));
      return (meanPaidReturn(played) + meanPaidReturn(underAttack)) / 2;
    },
  };
  return { lesson, payRecord };
}
