import type { Box, Environment } from '../../../contract/environment';
import { integer, number, type ParamsOf } from '../../../contract/params';
import type { Random } from '../../../contract/random';
import { defineRlWrapperDefense, type Policy } from '../../definitions';
import { stamped } from '../../rl/backdoor';
import { greedyActions } from '../../rl/greedy';
import { stepLimit } from '../../rl/limit';

const params = {
  episodes: integer({
    default: 5,
    min: 1,
    max: 10_000,
    unit: 'episodes',
    help: 'Clean episodes in whose states stamps are tried, and whose range of each value counts as normal.',
  }),
  stamps: integer({
    default: 41,
    min: 2,
    max: 10_001,
    unit: 'count',
    help: 'Values tried for each observed one, evenly over the observation space.',
  }),
  threshold: number({
    default: 0.9,
    min: 0,
    max: 1,
    unit: 'share',
    help: 'A stamp that turns this share of the states to one action is taken for a trigger.',
  }),
};

/** Where a space has no bounds, this many deviations are searched. */
const DEVIATIONS = 10;
/** Half of the normal range is left as room on either side: an agent is not to be blinded to what is just a little rare. */
const ROOM = 0.5;

/** One value of an observation, and the range that clean episodes show of it. */
interface Seen {
  low: number;
  high: number;
}

/** Observations of greedy clean episodes, one after another. */
function observed(policy: Policy, environment: Environment, episodes: number, random: Random): Float32Array {
  const rows: number[] = [];
  for (let episode = 0; episode < episodes; episode++) {
    let state = environment.initial(random);
    for (let step = 0; step < stepLimit(environment); step++) {
      const observation = environment.observe(state);
      rows.push(...observation);
      const [action] = greedyActions(policy.scores(observation), policy.actions);
      const outcome = environment.step(state, action!, random);
      if (outcome.terminated) break;
      state = outcome.state;
    }
  }
  return Float32Array.from(rows);
}

function rangesOf(observations: Float32Array, size: number): Seen[] {
  const ranges = Array.from({ length: size }, (): Seen => ({ low: Infinity, high: -Infinity }));
  observations.forEach((value, i) => {
    const range = ranges[i % size]!;
    range.low = Math.min(range.low, value);
    range.high = Math.max(range.high, value);
  });
  return ranges.map(({ low, high }) => ({
    low: low - ROOM * (high - low),
    high: high + ROOM * (high - low),
  }));
}

function boundsOf({ low, high, deviations }: Box, at: number): [number, number] {
  const far = DEVIATIONS * (deviations?.[at] ?? 1);
  return [Number.isFinite(low[at]) ? low[at]! : -far, Number.isFinite(high[at]) ? high[at]! : far];
}

/** Largest share of the states that would have taken another action and are turned to one and the same by the stamp. */
function turned(policy: Policy, observations: Float32Array, own: Int32Array, stamp: Float32Array): number {
  const under = greedyActions(policy.scores(stamped(observations, stamp)), policy.actions);
  let most = 0;
  for (let action = 0; action < policy.actions; action++) {
    let others = 0;
    let obedient = 0;
    own.forEach((chosen, i) => {
      if (chosen === action) return;
      others++;
      if (under[i] === action) obedient++;
    });
    if (others > 0) most = Math.max(most, obedient / others);
  }
  return most;
}

function search(policy: Policy, environment: Environment, random: Random, given: ParamsOf<typeof params>) {
  const { observationSpace: space } = environment;
  if (space.kind !== 'box') throw new RangeError('trigger-search needs observations of real values');
  const size = policy.observationSize;
  const observations = observed(policy, environment, given.episodes, random);
  const own = greedyActions(policy.scores(observations), policy.actions);
  const normal = rangesOf(observations, size);
  /** Of each observed value the largest share a stamp outside its normal range turned. */
  const strongest = normal.map(({ low, high }, at) => {
    const [first, last] = boundsOf(space, at);
    let most = 0;
    for (let i = 0; i < given.stamps; i++) {
      const value = first + ((last - first) * i) / (given.stamps - 1);
      if (value >= low && value <= high) continue;
      const stamp = new Float32Array(size).fill(NaN);
      stamp[at] = value;
      most = Math.max(most, turned(policy, observations, own, stamp));
    }
    return most;
  });
  return { normal, strongest };
}

/**
 * Search for triggers after Neural Cleanse (Wang et al. 2019), over one observed value at a time instead of a patch: a stamp
 * outside what clean episodes show that turns nearly every state to one action looks like a backdoor's trigger. Where one
 * is found, the value is held to its normal range before the agent sees it.
 */
export default defineRlWrapperDefense({
  id: 'trigger-search',
  title: 'Trigger search',
  summary:
    'Looks for single values that, stamped over an observation, make the agent do one and the same thing nearly everywhere. A value for which such a stamp is found is clipped to what clean episodes show, which takes the trigger away and leaves clean play as it is.',
  limits:
    'Finds triggers of one value, outside the normal range. A clean network may well obey such a stamp too, since it never saw one: on CartPole every value of every agent is suspected. Read the share beside that of an agent that is not backdoored.',
  reference: {
    authors: 'B. Wang, Y. Yao, S. Shan, H. Li, B. Viswanath, H. Zheng, B. Y. Zhao',
    title: 'Neural Cleanse: identifying and mitigating backdoor attacks in neural networks',
    year: 2019,
    where: 'IEEE S&P, doi:10.1109/SP.2019.00031',
  },
  params,
  requires: ['box-observations'],
  wrap(policy, given, environment, random) {
    const { normal, strongest } = search(policy, environment, random, given);
    const suspicious = strongest.map((share) => share >= given.threshold);
    const size = policy.observationSize;
    const clipped = (value: number, i: number): number => {
      const at = i % size;
      return suspicious[at] ? Math.min(normal[at]!.high, Math.max(normal[at]!.low, value)) : value;
    };
    const repaired = (observations: Float32Array): Float32Array => observations.map(clipped);
    const { gradient, judge, certify } = policy;
    /** Nothing is to be gained by moving a value that is clipped. */
    const through = (observations: Float32Array, slope: Float32Array): Float32Array =>
      slope.map((value, i) => (clipped(observations[i]!, i) === observations[i] ? value : 0));
    return {
      ...policy,
      scores: (observations) => policy.scores(repaired(observations)),
      ...(gradient && {
        gradient(observations, loss) {
          const found = gradient(repaired(observations), loss);
          return { ...found, gradient: through(observations, found.gradient) };
        },
      }),
      ...(judge && {
        judge(observations) {
          const found = judge(repaired(observations));
          return { ...found, gradient: through(observations, found.gradient) };
        },
      }),
      // Clipping brings two observations no further apart, so that a ball around one is clipped into the ball around its image.
      ...(certify && { certify: (observations, ball) => certify(repaired(observations), ball) }),
      findings: {
        suspects: suspicious.flatMap((found, at) => (found ? [at] : [])),
        metrics: {
          suspiciousValues: suspicious.filter(Boolean).length,
          strongestStamp: Math.max(...strongest),
        },
      },
    };
  },
});
