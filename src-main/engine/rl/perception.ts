/** Evaluations under attacks on what an agent sees. */
import type { AttackPlan, Check, Metrics } from '../../contract/events';
import type { AnyParams } from '../../contract/params';
import optimalDisplacement from '../attacks/observation/optimal-displacement';
import type { FittedEyes, ObservationAttack, Policy } from '../definitions';
import { attackOf } from '../registry';
import type { Ball } from './ball';
import { type Episode, type Played, trajectory } from './episodes';
import { ballOf, bindAttack, type BoundAttack } from './eyes';
import { stepLimit } from './limit';
import {
  type Certificate,
  certificateHolds,
  episodesOf,
  exactClean,
  type ExactHarm,
  harmOf,
  idleIsClean,
  returnsOf,
  type Stage,
} from './stage';

/** Parameters of an attack that does nothing. */
const IDLE = { epsilon: 0, cells: 0, probability: 0 };

/** Observations are float32: what rounding alone may add to a distance of order one. */
const ROUNDING = 1e-6;

/** Share of vanished gradients from which a gradient attack says little. */
const ZERO_GRADIENTS_TOLERATED = 0.05;

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** `first`: the first entry of this attack, whose zero budget is checked for all of them. */
export async function reportEyes(
  stage: Stage,
  { id, params, index }: AttackPlan,
  first: boolean,
): Promise<void> {
  const { experiment, environment, policy, context } = stage;
  const arm = context.arm.index;
  const attack = attackOf('observation', id) as ObservationAttack;
  const fitted = await fit(stage, attack, params as AnyParams, index);
  try {
    const bind = (values: AnyParams) =>
      bindAttack(attack, values, environment, context.random('attack', id), true, fitted);
    const started = context.now();
    const gradients = countZeroGradients(policy);
    const bound = bind(params as AnyParams);
    const played = await episodesOf(stage, gradients.policy, experiment.evaluation.episodes, {
      attack: bound,
    });
    const harm = exactHarm(stage, bound);
    const certificate = await certificateIn(bound.ball, stage);
    const unit = bound.ball ? { linf: 'Linf', l2: 'L2' }[bound.ball.norm] : 'Cells';
    const metrics: Metrics = {
      ...returnsOf(played),
      ...harm,
      ...(certificate && {
        certifiedSteps: certificate.steps,
        certifiedLength: mean(certificate.lengths),
        ...(environment.lowestReward !== undefined && { certifiedReturn: mean(certificate.returns) }),
      }),
      attackedSteps: played.attackedSteps / played.steps,
      flippedActions: played.flippedActions / played.steps,
      [`mean${unit}`]: played.distanceSum / played.steps,
      [`max${unit}`]: played.distanceMax,
      seconds: context.now() - started,
    };
    context.emit({ type: 'evaluation', arm, attack: index, metrics });
    context.emit(
      trajectory(
        environment,
        played,
        { arm, attack: index, trainedSteps: null },
        certificate ? certifiedSteps(policy, played.episodes[0]!, bound.ball!) : undefined,
      ),
    );

    const label = `${id} (${bound.ball ? 'epsilon' : 'cells'} ${bound.budget})`;
    const checks: Check[] = [withinBudget(label, played, bound)];
    if (harm) checks.push(certificateHolds(label, harm));
    if (certificate) checks.push(boundsHold(label, certificate, played));
    if (gradients.asked() > 0) checks.push(zeroGradients(label, gradients));
    if (first) {
      const idle = { attack: bind({ ...(params as AnyParams), ...IDLE }) };
      checks.push(await idleIsClean(stage, id, (episodes) => episodesOf(stage, policy, episodes, idle)));
    }
    for (const check of checks) context.emit({ type: 'check', arm, check });
  } finally {
    fitted?.dispose();
  }
}

/** Lets an attack try the agent that has to before it is scored. */
async function fit(
  { environment, policy, context }: Stage,
  attack: ObservationAttack,
  params: AnyParams,
  index: number,
): Promise<FittedEyes | undefined> {
  const { observationSpace: space } = environment;
  if (!attack.fit || space.kind !== 'box') return undefined;
  const started = context.now();
  const { random, breathe } = context.for('attack', attack.id, 'fit');
  const ball = ballOf(attack, params, space);
  const fitted = await attack.fit({ policy, environment }, params, { random, breathe, ball });
  context.emit({
    type: 'fitted',
    arm: context.arm.index,
    attack: index,
    metrics: fitted.metrics ?? {},
    seconds: context.now() - started,
  });
  context.worked(attack.fitCost?.(params) ?? 0, `fitted ${attack.id}`);
  return fitted;
}

/** Exact return of a grid agent under an attack on its eyes. */
function exactHarm(stage: Stage, bound: BoundAttack): ExactHarm | null {
  if (!bound.exactReturn) return null;
  const { environment, policy, context } = stage;
  const optimum = bindAttack(
    optimalDisplacement as ObservationAttack,
    { cells: bound.budget },
    environment,
    context.random('optimum'),
    true,
  );
  const certified = optimum.exactReturn!(policy);
  return harmOf(exactClean(stage).exactReturn!, bound.exactReturn(policy), certified);
}

/** Of one episode: 1 where nothing within the ball changes the action. */
const certifiedSteps = ({ certify }: Policy, { observations }: Episode, ball: Ball): Uint8Array =>
  certify!(Float32Array.from(observations.flatMap((values) => [...values])), ball);

/** Null where the policy cannot be bounded, or the attack has no budget. */
async function certificateIn(ball: Ball | undefined, stage: Stage): Promise<Certificate | null> {
  const { policy, environment, certificates } = stage;
  if (!policy.certify || !ball || !Number.isFinite(ball.epsilon)) return null;
  const key = JSON.stringify([ball.epsilon, ball.norm, ball.unit]);
  const known = certificates.get(key);
  if (known) return known;
  const { episodes, steps } = await stage.clean();
  const rows = episodes.map((episode) => certifiedSteps(policy, episode, ball));
  const lengths = rows.map((certified) => {
    const first = certified.indexOf(0);
    return first < 0 ? certified.length : first;
  });
  const least = Math.min(0, environment.lowestReward ?? -Infinity);
  const certificate = {
    steps: rows.reduce((sum, certified) => sum + certified.reduce((a, b) => a + b, 0), 0) / steps,
    lengths,
    returns: lengths.map((length, i) => {
      const { rewards } = episodes[i]!;
      const earned = rewards.slice(0, length).reduce((a, b) => a + b, 0);
      const open = stepLimit(environment) - length;
      return length === rewards.length ? earned : earned + (least && open * least);
    }),
  };
  certificates.set(key, certificate);
  return certificate;
}

const withinBudget = (label: string, { distanceMax, steps }: Played, { budget }: BoundAttack): Check => ({
  id: 'within-budget',
  status: distanceMax <= budget + ROUNDING ? 'pass' : 'fail',
  evidence: `${label}: the largest perturbation of ${steps} steps was ${distanceMax.toPrecision(4)}`,
});

const boundsHold = (label: string, { returns, steps }: Certificate, { episodes }: Played): Check => {
  const broken = episodes.filter(({ return: earned }, i) => earned < returns[i]!).length;
  return {
    id: 'certificate-holds',
    status: broken === 0 ? 'pass' : 'fail',
    evidence: `${label}: ${broken} of ${episodes.length} episodes fell below the return certified for them; ${(100 * steps).toFixed(1)} % of the clean steps are certified`,
  };
};

interface GradientCount {
  policy: Policy;
  asked(): number;
  zero(): number;
}

/** The policy, counting how many of the gradients asked of it vanish. */
function countZeroGradients(policy: Policy): GradientCount {
  let asked = 0;
  let zero = 0;
  const { gradient } = policy;
  return {
    policy: gradient
      ? {
          ...policy,
          gradient(observations, loss) {
            const found = gradient(observations, loss);
            const rows = found.loss.length;
            const size = found.gradient.length / rows;
            for (let i = 0; i < rows; i++) {
              if (found.gradient.subarray(i * size, (i + 1) * size).every((value) => value === 0)) zero++;
            }
            asked += rows;
            return found;
          },
        }
      : policy,
    asked: () => asked,
    zero: () => zero,
  };
}

const zeroGradients = (label: string, { asked, zero }: GradientCount): Check => ({
  id: 'zero-gradients',
  status: zero() <= ZERO_GRADIENTS_TOLERATED * asked() ? 'pass' : 'fail',
  evidence: `${label}: ${zero()} of ${asked()} gradients were zero`,
});
