/**
 * Proximal policy optimisation (Schulman et al. 2017), an actor and a critic apart; the algorithm itself is
 * `parts/proximal-policy.ts`. Defaults are those of rl-baselines3-zoo for CartPole-v1: learning rate and clipping fall
 * linearly to zero.
 *
 * Differences from Stable-Baselines3: relu instead of tanh, Glorot instead of orthogonal weights. The best checkpoint,
 * found by separate greedy episodes, is the agent; the network as training left it is evaluated beside it.
 */
import type { Environment } from '../../contract/environment';
import { integer, number, type ParamsOf } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { stream, type Random } from '../../contract/random';
import { defineAgent } from '../definitions';
import { dense, Network } from '../network';
import { BestCheckpoint } from './parts/best-checkpoint';
import { encodingFor, networkPolicy, type Encoding } from './parts/network-policy';
import { plainHeads } from './parts/heads';
import { ProximalPolicy, type Course } from './parts/proximal-policy';
import { smoothingGradients } from './parts/smooth-policy';
import type { Practice } from '../definitions';

const params = {
  steps: integer({
    default: 100_000,
    min: 100,
    max: 100_000_000,
    unit: 'environment steps',
    help: 'Length of the training, all environments together.',
  }),
  learningRate: number({
    default: 0.001,
    min: 0,
    exclusiveMin: true,
    max: 1,
    help: 'Of Adam, at the start; falls linearly to 0.',
  }),
  environments: integer({
    default: 8,
    min: 1,
    max: 1024,
    unit: 'count',
    help: 'Environments stepped side by side.',
  }),
  stepsARow: integer({
    default: 32,
    min: 1,
    max: 100_000,
    unit: 'environment steps',
    help: 'Steps in every environment between two improvements.',
  }),
  batchSize: integer({
    default: 256,
    min: 2,
    max: 100_000,
    unit: 'steps',
    help: 'Steps in one gradient step.',
  }),
  epochs: integer({
    default: 20,
    min: 1,
    max: 1000,
    unit: 'count',
    help: 'Passes over the steps of one improvement.',
    advanced: true,
  }),
  discount: number({ default: 0.98, min: 0, max: 1, help: 'γ: what a reward one step later is worth.' }),
  gaeLambda: number({
    default: 0.8,
    min: 0,
    max: 1,
    help: 'λ of the advantages: 0 trusts the critic, 1 the rewards alone.',
    advanced: true,
  }),
  clipRange: number({
    default: 0.2,
    min: 0,
    exclusiveMin: true,
    max: 10,
    help: 'How far a choice may become likelier or less likely in one improvement, at the start; falls linearly to 0.',
    advanced: true,
  }),
  entropyCoefficient: number({
    default: 0,
    min: 0,
    max: 100,
    help: 'What indecision is worth: keeps the policy exploring.',
    advanced: true,
  }),
  valueCoefficient: number({
    default: 0.5,
    min: 0,
    max: 1000,
    help: 'Weight of the critic’s loss.',
    advanced: true,
  }),
  hidden: integer({
    default: 64,
    min: 1,
    max: 4096,
    unit: 'units',
    help: 'Width of the two hidden layers, of actor and critic alike.',
  }),
  gradientClip: number({
    default: 0.5,
    min: 0,
    exclusiveMin: true,
    max: 1e9,
    help: 'Largest norm of the gradient.',
    advanced: true,
  }),
  examineEvery: integer({
    default: 2048,
    min: 1,
    max: 10_000_000,
    unit: 'environment steps',
    help: 'How often greedy episodes are played to find the best checkpoint.',
    advanced: true,
  }),
};
type Settings = ParamsOf<typeof params>;

/** What a fresh actor's last layer is shrunk by, so that it begins with every action alike. */
const FIRST_LOGITS = 0.01;
const CAPABILITIES = ['scores', 'gradients', 'critic'] as const;
/** Weights of the critic stand beside the actor's under this prefix. */
const CRITIC = 'critic/';

// A gradient step of both networks takes about 2 ms, a step of an environment a hundredth.
const cost = ({ steps, epochs, batchSize }: Settings): number =>
  steps * (0.01 + (2 * epochs) / Math.max(1, batchSize));

function networksFor(
  environment: Environment,
  { hidden }: Settings,
  random: Random,
): { actor: Network; critic: Network } {
  const { inputSize } = encodingFor(environment);
  const networkOf = (outputs: number): Network =>
    new Network([inputSize], [dense(hidden), dense(hidden), dense(outputs, 'linear')], random);
  const [actor, critic] = [networkOf(environment.actionSpace.n), networkOf(1)];
  const last = actor.parameters.at(-2)!;
  last.assign(last.toArray().map((weight) => FIRST_LOGITS * weight));
  return { actor, critic };
}

type Networks = ReturnType<typeof networksFor>;

const weightsOf = ({ actor, critic }: Networks): Record<string, Float32Array> => ({
  ...actor.weights(),
  ...Object.fromEntries(Object.entries(critic.weights()).map(([name, values]) => [CRITIC + name, values])),
});

function restoreInto({ actor, critic }: Networks, weights: Record<string, Float32Array>): void {
  actor.restore(weights);
  critic.restore(
    Object.fromEntries(
      Object.entries(weights).flatMap(([name, values]) =>
        name.startsWith(CRITIC) ? [[name.slice(CRITIC.length), values]] : [],
      ),
    ),
  );
}

const policyOf = ({ actor, critic }: Networks, environment: Environment) =>
  networkPolicy(actor, encodingFor(environment), environment.actionSpace.n, [...CAPABILITIES], critic);

/** The arm's training episodes as a course of network inputs. */
function courseOf(practice: Practice, rows: number, { encode, observationSize }: Encoding): Course {
  return {
    rows,
    inputs: () => encode(practice.observations),
    step(choices) {
      const experiences = practice.step(choices);
      const next = new Float32Array(rows * observationSize);
      experiences.forEach((experience, i) => {
        next.set(experience.next, i * observationSize);
        // What was done in the place of a choice is learnt from as if it had been chosen.
        choices[i] = experience.action;
      });
      return {
        rewards: experiences.map(({ reward }) => reward),
        next: encode(next),
        terminated: experiences.map(({ terminated }) => terminated),
        truncated: experiences.map(({ truncated }) => truncated),
      };
    },
  };
}

export default defineAgent({
  id: 'ppo',
  title: 'Proximal policy optimisation',
  summary:
    'Learns a policy and a critic from its own fresh steps in eight environments side by side, never far from the last policy. Solves CartPole in 100,000 steps and keeps it more steadily than a DQN.',
  reference: {
    authors: 'J. Schulman, F. Wolski, P. Dhariwal, A. Radford, O. Klimov',
    title: 'Proximal policy optimization algorithms',
    year: 2017,
    where: 'arXiv:1707.06347; settings of rl-baselines3-zoo',
  },
  params,
  capabilities: [...CAPABILITIES, 'training', 'own-steps'],
  requires: [],
  cost,

  async train(lesson, settings, context) {
    const { steps, environments, stepsARow, learningRate, clipRange, examineEvery } = settings;
    const { environment } = lesson;
    const arm = context.arm.index;
    const encoding = encodingFor(environment);
    const heads = plainHeads(environment.actionSpace.n);
    const networks = networksFor(environment, settings, context.random('weights'));
    const smoothing = context.random('smoothing');
    const learner = new ProximalPolicy(
      networks.actor,
      networks.critic,
      1,
      environment.actionSpace.n,
      settings,
      { acting: context.random('exploration'), order: context.random('order') },
    );
    const policy = policyOf(networks, environment);
    const best = new BestCheckpoint(lesson, policy, () => weightsOf(networks));
    const course = courseOf(lesson.practise(policy, steps, environments), environments, encoding);
    await best.examine(0);
    const stride = environments * stepsARow;
    let examined = 0;
    for (let step = 0; step < steps;) {
      const left = 1 - step / steps;
      const regularizer = lesson.regularizer?.(step / steps);
      const losses = await learner.improve(
        course,
        {
          learningRate: learningRate * left,
          clipRange: clipRange * left,
          ...(regularizer && {
            penalty: (inputs, logits) =>
              smoothingGradients(networks.actor, heads, 'divergence', inputs, logits, regularizer, smoothing),
          }),
        },
        context.breathe,
      );
      if (!Number.isFinite(losses.policyLoss + losses.valueLoss)) {
        throw new LabError(
          'agent.learningRate',
          `found ${learningRate}; the loss is ${losses.policyLoss + losses.valueLoss} at environment step ${step}, expected a finite number: lower it`,
          'Lower the learning rate, or the noise of the rewards.',
        );
      }
      const before = step;
      step = Math.min(steps, step + stride);
      for (const [series, value] of Object.entries(losses))
        context.emit({ type: 'point', arm, series, x: step, value });
      context.worked(
        cost({ ...settings, steps: step }) - cost({ ...settings, steps: before }),
        `training, step ${step} of ${steps}`,
      );
      if (step - examined >= examineEvery || step === steps) {
        examined = step;
        await best.examine(step);
      }
    }
    learner.dispose();

    const final = networksFor(environment, settings, context.random('weights'));
    restoreInto(final, weightsOf(networks));
    restoreInto(networks, best.weights);
    return {
      policy,
      weights: best.weights,
      final: policyOf(final, environment),
      dispose() {
        for (const { actor, critic } of [networks, final]) {
          actor.dispose();
          critic.dispose();
        }
      },
    };
  },

  restore(environment, settings, weights) {
    const networks = networksFor(environment, settings, stream(1, 'overwritten by the recorded weights'));
    restoreInto(networks, weights);
    return {
      policy: policyOf(networks, environment),
      weights,
      dispose() {
        networks.actor.dispose();
        networks.critic.dispose();
      },
    };
  },
});
