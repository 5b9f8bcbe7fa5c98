/** A person in place of an attack: held to its budget, and scored beside attacks from the same start. */
import type { Environment } from '../../contract/environment';
import type { ArmPlan } from '../../contract/events';
import type { AnyParams } from '../../contract/params';
import type {
  DecisionMap,
  Disguise,
  DuelChoice,
  DuelFacts,
  DuelOutlook,
  DuelRival,
  DuelTurn,
  DuelView,
} from '../../contract/duel';
import { LabError } from '../../contract/problem';
import { stream, type Random } from '../../contract/random';
import type { ObservationAttack, Policy } from '../definitions';
import { play } from './episodes';
import { backwardInduction } from './exact';
import { bindAttack, greedyChoices, within, type BoundAttack } from './eyes';
import { greedyActions } from './greedy';
import { stepLimit } from './limit';

/** Cells along an edge of a decision map; odd, so that one of them is the truth. */
const MAP_SIDE = 21;
/** Episodes an attack that draws is averaged over. */
const DRAWN_EPISODES = 20;

/** An attack with every parameter's value. */
export interface Armed {
  attack: ObservationAttack;
  params: AnyParams;
}

/** A trained agent to be attacked. */
export interface Arena {
  environment: Environment;
  policy: Policy;
  arm: ArmPlan;
  /** The attack whose budget holds, at the budget that was chosen. */
  budget: Armed;
  rivals: (Armed & Pick<DuelRival, 'who'>)[];
}

/** The same streams as the evaluation's, so that episode 0 is the one of the recorded twins. */
const dynamics = ({ seed }: ArmPlan, episode: number): Random =>
  stream(seed, 'evaluation', 'dynamics', episode);

export class Duel {
  private readonly environment: Environment;
  private readonly policy: Policy;
  private readonly random: Random;
  private readonly start: unknown;
  private readonly limit: number;
  private readonly hand: BoundAttack;
  private readonly exact: ExactPlay | null;
  private readonly grid: boolean;
  /** What the person wants perceived, as the bound attack is asked for it. */
  private wanted: Float32Array;
  private state: unknown;
  private step = 0;
  private ended: DuelView['ended'] = null;
  private paid = 0;
  /** What the person gave away against the optimal adversary. */
  private givenAway = 0;
  private attacked = 0;
  private flipped = 0;
  private distanceSum = 0;
  private distanceMax = 0;

  /** @throws LabError for an environment whose observations cannot be perturbed by hand */
  constructor(
    private readonly arena: Arena,
    private readonly choice: Pick<DuelChoice, 'episode'>,
  ) {
    const { environment, policy, arm, budget } = arena;
    this.environment = environment;
    this.policy = policy;
    this.grid = environment.observationSpace.kind === 'discrete';
    this.random = dynamics(arm, choice.episode);
    this.state = this.start = environment.initial(this.random);
    this.limit = stepLimit(environment);
    this.wanted = this.truth();
    this.hand = bindAttack(this.byHand(budget.attack), budget.params, environment, this.random, false);
    this.exact =
      this.grid && environment.transitions
        ? exactPlay(environment, policy, (state) => this.cellsAround(state))
        : null;
  }

  facts(): DuelFacts {
    const { observationSpace: space, actionSpace } = this.environment;
    const { width, height, backdrop } = this.environment.scene(this.state);
    return {
      kind: this.grid ? 'grid' : 'box',
      scene: { width, height, backdrop },
      observationNames: space.kind === 'box' ? space.names : ['state'],
      actionNames: actionSpace.names,
      reach: this.hand.reach,
      budget: this.hand.budget,
      limit: this.limit,
      view: this.view(this.nothing()),
    };
  }

  /**
   * Shows what the agent would do, or lets it act.
   * @throws LabError for a cell beyond the reach, another number of values, or a step after the end
   */
  turn({ wanted, advance }: DuelTurn): DuelView {
    const truth = this.truth();
    if (wanted.length !== truth.length) {
      throw new LabError(
        'duel',
        `found ${wanted.length} values; expected ${truth.length}, one for each of the observation`,
      );
    }
    const moved = Float32Array.from(wanted);
    if (!advance) return this.view(moved);
    if (this.ended) throw new LabError('duel', 'this episode has ended', 'Begin another.');
    this.act(moved);
    // A displacement is chosen anew in every cell; on a box the hand stays where it is.
    return this.view(this.grid ? this.nothing() : moved);
  }

  /** What attacks do from the same start; `breathe` lets turns be taken meanwhile. */
  async rivals(breathe: () => Promise<void>): Promise<DuelRival[]> {
    const found = [await this.against({ who: 'unattacked' }, breathe)];
    for (const rival of this.arena.rivals) found.push(await this.against(rival, breathe));
    return found;
  }

  // ── The person ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** The person as an attack, so that the frame holds both to one budget. */
  private byHand({ foresee: _, ...budget }: ObservationAttack): ObservationAttack {
    return {
      ...budget,
      id: 'by hand',
      perturb: () => this.wanted,
      displace: (reach) => reach.map(() => [{ state: this.wanted[0]!, probability: 1 }]),
    };
  }

  private truth(): Float32Array {
    return this.environment.observe(this.state);
  }

  /** What is wanted where nothing is to be perturbed. */
  private nothing(): Float32Array {
    const truth = this.truth();
    return this.grid ? truth : truth.fill(0);
  }

  private cellsAround(state: number): [cell: number, distance: number][] {
    return [...within(this.environment, state, this.hand.budget)];
  }

  private perceive(moved: Float32Array): Float32Array {
    const truth = this.truth();
    if (this.grid) {
      const reachable = this.cellsAround(truth[0]!).some(([cell]) => cell === moved[0]);
      if (!reachable) {
        throw new LabError(
          'duel',
          `cell ${moved[0]} is not within ${this.hand.budget} steps of cell ${truth[0]}`,
          'Choose one of the marked cells.',
        );
      }
    }
    this.wanted = this.grid ? moved : truth.map((value, i) => value + moved[i]!);
    return this.hand.perceive(truth, this.policy, [{ number: 0, left: this.limit - this.step }]);
  }

  private act(moved: Float32Array): void {
    const { environment, policy } = this;
    const truth = this.truth();
    const perceived = this.perceive(moved);
    const [action, intended] = greedyActions(
      policy.scores(Float32Array.of(...perceived, ...truth)),
      policy.actions,
    ) as unknown as [number, number];
    const distance = this.hand.distances(truth, perceived)[0]!;
    if (distance > 0) this.attacked++;
    if (action !== intended) this.flipped++;
    this.distanceSum += distance;
    this.distanceMax = Math.max(this.distanceMax, distance);
    if (this.exact) {
      const left = this.limit - this.step;
      this.givenAway += this.exact.worth(truth[0]!, action, left) - this.exact.optimum(truth[0]!, left);
    }
    const { state, reward, terminated } = environment.step(this.state, action, this.random);
    this.state = state;
    this.paid += reward;
    this.step++;
    if (terminated) this.ended = 'terminated';
    else if (this.step >= this.limit) this.ended = 'truncated';
  }

  // ── What is shown ────────────────────────────────────────────────────────────────────────────────────────────────

  private view(moved: Float32Array): DuelView {
    const { environment, policy, step, ended } = this;
    const truth = this.truth();
    const perceived = this.perceive(moved);
    const scores = policy.scores(Float32Array.of(...truth, ...perceived));
    const [intended, action] = greedyActions(scores, policy.actions) as unknown as [number, number];
    return {
      step,
      ended,
      return: this.paid,
      shapes: environment.scene(this.state).shapes,
      ghost: environment.stateFromObservation
        ? environment.scene(environment.stateFromObservation(perceived)).shapes
        : [],
      observation: [...truth],
      perceived: [...perceived],
      scores: [...scores.subarray(0, policy.actions)],
      perceivedScores: [...scores.subarray(policy.actions)],
      intended,
      action,
      maps: this.grid || ended ? [] : this.decisionMaps(truth, perceived),
      disguises: this.grid && !ended ? this.disguises(truth[0]!) : [],
      outlook: this.outlook(truth[0]!),
      spent: {
        attacked: this.attacked,
        flipped: this.flipped,
        mean: step > 0 ? this.distanceSum / step : 0,
        largest: this.distanceMax,
      },
    };
  }

  private decisionMaps(truth: Float32Array, perceived: Float32Array): DecisionMap[] {
    const { low, high } = this.environment.observationSpace as { low: number[]; high: number[] };
    const size = truth.length;
    const pairs = Array.from({ length: Math.ceil(size / 2) }, (_, i) => ({
      x: Math.min(2 * i, size - 2),
      y: Math.min(2 * i + 1, size - 1),
    }));
    const at = (value: number, place: number): number =>
      Math.min(
        Math.max(truth[value]! + this.hand.reach[value]! * ((2 * place) / (MAP_SIDE - 1) - 1), low[value]!),
        high[value]!,
      );
    return pairs.map(({ x, y }) => {
      const rows = new Float32Array(MAP_SIDE * MAP_SIDE * size);
      for (let cell = 0; cell < MAP_SIDE * MAP_SIDE; cell++) {
        rows.set(perceived, cell * size);
        rows[cell * size + x] = at(x, cell % MAP_SIDE);
        rows[cell * size + y] = at(y, MAP_SIDE - 1 - Math.floor(cell / MAP_SIDE));
      }
      const actions = greedyActions(this.policy.scores(rows), this.policy.actions);
      return { x, y, side: MAP_SIDE, actions: Uint8Array.from(actions) };
    });
  }

  private disguises(truth: number): Disguise[] {
    const { environment } = this;
    const cells = this.cellsAround(truth);
    const actions = greedyActions(
      this.policy.scores(Float32Array.from(cells, ([cell]) => cell)),
      this.policy.actions,
    );
    return cells.map(([cell, distance], i) => ({
      cell,
      distance,
      shapes: environment.scene(environment.stateFromObservation!(Float32Array.of(cell))).shapes,
      action: actions[i]!,
      worth: this.exact && this.paid + this.exact.worth(truth, actions[i]!, this.limit - this.step),
    }));
  }

  private outlook(truth: number): DuelOutlook | null {
    if (!this.exact) return null;
    const left = this.ended ? 0 : this.limit - this.step;
    const start = this.environment.observe(this.start)[0]!;
    return {
      unattacked: this.paid + this.exact.unattacked(truth, left),
      optimum: this.paid + this.exact.optimum(truth, left),
      yours: this.exact.optimum(start, this.limit) + this.givenAway,
    };
  }

  // ── The rivals ───────────────────────────────────────────────────────────────────────────────────────────────────

  private async against(
    { who, attack, params }: Pick<DuelRival, 'who'> & Partial<Armed>,
    breathe: () => Promise<void>,
  ): Promise<DuelRival> {
    const { environment, policy, arm } = this.arena;
    const id = attack?.id ?? null;
    const fromHere: Environment = {
      ...environment,
      ...(environment.startDistribution && {
        startDistribution: () => [{ state: environment.observe(this.start)[0]!, probability: 1 }],
      }),
    };
    const bound = attack && bindAttack(attack, params!, fromHere, stream(arm.seed, 'duel', attack.id), true);
    const answer = { who, attack: id };
    if (this.exact) {
      const start = environment.observe(this.start)[0]!;
      const earned = bound ? bound.exactReturn!(policy) : this.exact.unattacked(start, this.limit);
      return { ...answer, return: earned, exact: true, episodes: 0 };
    }
    const episodes = attack?.knowledge === 'none' ? DRAWN_EPISODES : 1;
    const played = await play({
      environment,
      policy,
      episodes,
      dynamics: () => dynamics(arm, this.choice.episode),
      attack: bound,
      breathe,
    });
    const sum = played.episodes.reduce((total, episode) => total + episode.return, 0);
    return { ...answer, return: sum / episodes, exact: false, episodes };
  }
}

/** Exact expected returns of a grid's agent from any state, with `left` steps left. */
interface ExactPlay {
  /** Of an action, the optimal adversary going on. */
  worth(state: number, action: number, left: number): number;
  /** Under the optimal adversary. */
  optimum(state: number, left: number): number;
  /** Not attacked. */
  unattacked(state: number, left: number): number;
}

function exactPlay(
  environment: Environment,
  policy: Policy,
  around: (state: number) => [cell: number, distance: number][],
): ExactPlay {
  const states = environment.transitions!().length;
  const actions = environment.actionSpace.n;
  const choices = greedyChoices(policy, states);
  const choosable = Array.from({ length: states }, (_, state) => [
    ...new Set(around(state).map(([cell]) => choices[cell]!)),
  ]);
  /** By steps left: the worth of every action in every state, when the adversary may enforce `open` actions. */
  const worths = (open: (state: number) => number[]): Float64Array[] => {
    const byLeft: Float64Array[] = [];
    backwardInduction(environment, stepLimit(environment), (state, worth, left) => {
      const table = (byLeft[left] ??= new Float64Array(states * actions));
      for (let action = 0; action < actions; action++) table[state * actions + action] = worth(action);
      return Math.min(...open(state).map(worth));
    });
    return byLeft;
  };
  const attacked = worths((state) => choosable[state]!);
  const clean = worths((state) => [choices[state]!]);
  const worth = (state: number, action: number, left: number) => attacked[left]![state * actions + action]!;
  return {
    worth,
    optimum: (state, left) =>
      left === 0 ? 0 : Math.min(...choosable[state]!.map((action) => worth(state, action, left))),
    unattacked: (state, left) => (left === 0 ? 0 : clean[left]![state * actions + choices[state]!]!),
  };
}
