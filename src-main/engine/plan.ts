/** From a validated experiment to everything that will be run, with every parameter's value and a cost estimate. */
import type { Entry, Experiment } from '../contract/experiment';
import type { ArmPlan, AttackPlan, Plan } from '../contract/events';
import type { Applied, AnyParams } from '../contract/params';
import type { Norm } from '../contract/catalog';
import { answersAtRandom } from './arm-model';
import { classification } from './classification';
import type { Attack, Defense } from './registry';
import { agentById, attackById, defenseById, modelById } from './registry';
import { reinforcement } from './reinforcement';
import { LabError } from '../contract/problem';
import { combinations, resolve } from './resolve';
import type { TaskRunner } from './task';

export const RUNNERS: Record<Experiment['task'], TaskRunner> = {
  classification,
  'reinforcement-learning': reinforcement,
};

function normOf(attack: Attack, params: Applied['params']): Norm | null {
  return 'norm' in attack ? (attack.norm as (params: unknown) => Norm | null)(params) : null;
}

/**
 * The plan: the full cross of {clean, each poisoning} × {undefended, each defence} × seeds, narrowed by `arms`, and all
 * attacks with one value a parameter. Seeds are the outer loop, so that a first comparison is there early.
 */
export function plan(experiment: Experiment): Plan {
  const { training } = experiment;
  const expand = <D extends Attack | Defense>(entries: Entry[], find: (id: string) => D) =>
    entries.flatMap((entry) => {
      const definition = find(entry.id);
      return combinations(entry, definition.params).map((single) => ({
        definition,
        applied: resolve(single, definition, training),
      }));
    });
  const poisonings = [null, ...expand(experiment.poisoning, attackById).map(({ applied }) => applied)];
  const defenses = [null, ...expand(experiment.defenses, defenseById).map(({ applied }) => applied)];
  for (const defense of defenses) {
    const definition = defense && defenseById(defense.id);
    if (definition?.stage === 'certified') definition.check?.(defense!.params as AnyParams);
  }
  const models = experiment.model ? [experiment.model, ...experiment.furtherModels] : [];
  const learners = models.length
    ? models.map((entry) => {
        const definition = modelById(entry.id);
        return { model: resolve(entry, definition), trained: !definition.capabilities.includes('training') };
      })
    : [{ model: null, trained: agentById(experiment.agent!.id).origin === 'imported' }];
  const wanted = (poisoning: Applied | null, defense: Applied | null) =>
    (!poisoning && !defense) ||
    !experiment.arms ||
    experiment.arms.some(
      (arm) => arm.poisoning === (poisoning?.id ?? 'clean') && arm.defense === (defense?.id ?? 'undefended'),
    );
  // What comes trained has nothing that depends on the seed but the attacks: one arm.
  const arms: ArmPlan[] = experiment.seeds
    .flatMap((seed) =>
      learners.flatMap(({ model, trained }) =>
        poisonings.flatMap((poisoning) =>
          defenses
            .filter((defense) => !trained || (!poisoning && !defense && seed === experiment.seeds[0]))
            .map((defense) => ({ model, poisoning, defense, seed })),
        ),
      ),
    )
    .filter(({ poisoning, defense }) => wanted(poisoning, defense))
    .map((arm, index) => ({ index, ...arm }));
  if (experiment.evaluation.transfer && arms.length < 2) {
    throw new LabError(
      'evaluation.transfer',
      'found true, but the experiment has one arm only; examples are transferred between arms',
      'Add further models, seeds or defences.',
    );
  }
  const attacks: AttackPlan[] = expand(experiment.attacks, attackById).map(
    ({ definition, applied }, index) => ({
      index,
      ...applied,
      surface: definition.surface,
      knowledge: definition.knowledge,
      norm: normOf(definition, applied.params),
    }),
  );
  const averaged = attacks.find(({ params }) => Number(params.expectation ?? 1) > 1);
  if (averaged && !arms.some(({ defense }) => answersAtRandom(defense))) {
    throw new LabError(
      `attacks.${averaged.id}.expectation`,
      `found ${Number(averaged.params.expectation)}, but no target of the experiment answers at random`,
      'Leave it out, or add a randomised defence such as random-resize-pad.',
    );
  }
  const stopped = defenses.find((defense) => Number(defense?.params.patience ?? 0) > 0);
  if (stopped && !(Number(experiment.dataset?.validation ?? 0) > 0)) {
    throw new LabError(
      `defenses.${stopped.id}.patience`,
      `found ${Number(stopped.params.patience)}, but the experiment has no validation images to judge an epoch by`,
      'Set dataset.validation, or patience to 0. Test images are not used: what is reported must not choose the weights.',
    );
  }
  const runner = RUNNERS[experiment.task];
  const work =
    arms.reduce((sum, arm) => sum + runner.armWork(experiment, arm, attacks), 0) +
    (runner.closingWork?.(experiment, arms, attacks) ?? 0);
  return { task: experiment.task, arms, attacks, work };
}
