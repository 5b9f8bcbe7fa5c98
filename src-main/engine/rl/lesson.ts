/** What an agent learns from: training episodes as the arm perturbs and pays them, and examinations without either. */
import type { Environment } from '../../contract/environment';
import type { ArmContext } from '../context';
import type { Experience, Lesson, Policy } from '../definitions';
import { exactReturn } from './exact';
import { greedyChoices, type BoundAttack } from './eyes';
import { meanPaidReturn, meanReturn, play, trajectory, transitionOf, type Pay } from './episodes';
import { stepLimit } from './limit';

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
}

export interface AttackedPractice {
  /** What is perceived of one observation with `left` steps left; progress runs from 0 to 1. */
  perceive(observation: Float32Array, policy: Policy, progress: number, left: number): Float32Array;
  /** The same attack at full strength, for examinations. */
  full: BoundAttack;
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

export function createLesson({ environment, context, pay, attacked }: Conditions): {
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

    practise(policy, steps) {
      plannedSteps = steps;
      const dynamics = context.random('training', 'dynamics');
      const pointEvery = Math.max(1, Math.round(steps / CURVE_POINTS));
      const trueReturns = new Window();
      const paidReturns = new Window();
      let taken = 0;
      let state = environment.initial(dynamics);
      let truth = environment.observe(state);
      let length = 0;
      let trueReturn = 0;
      let paidReturn = 0;

      const look = (): Float32Array => {
        truth = environment.observe(state);
        return attacked ? attacked.perceive(truth, policy, taken / steps, limit - length) : truth;
      };

      const practice = {
        observation: look(),
        step(action: number): Experience {
          const { observation } = practice;
          const outcome = environment.step(state, action, dynamics);
          const { terminated } = outcome;
          const reward = pay
            ? pay.practice(transitionOf(truth, action, outcome.reward, terminated))
            : outcome.reward;
          state = outcome.state;
          taken++;
          length++;
          trueReturn += outcome.reward;
          paidReturn += reward;
          payRecord.steps++;
          if (reward !== outcome.reward) payRecord.alteredSteps++;
          const truncated = !terminated && length >= limit;
          const next = look();
          practice.observation = next;
          if (terminated || truncated) {
            trueReturns.add(trueReturn);
            paidReturns.add(paidReturn);
            if (taken > (1 - LAST_SHARE) * steps) lastPaid.add(paidReturn);
            state = environment.initial(dynamics);
            length = trueReturn = paidReturn = 0;
            practice.observation = look();
          }
          if (taken % pointEvery === 0) {
            point('return', taken, trueReturns.read());
            if (pay) point('perceivedReturn', taken, paidReturns.read());
          }
          return { observation, action, reward, next, terminated, truncated };
        },
      };
      return practice;
    },

    async examine(policy, trainedSteps) {
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
