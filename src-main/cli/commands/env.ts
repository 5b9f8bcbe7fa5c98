import type { Command } from 'commander';
import { z } from 'zod';
import { catalog } from '../../contract/catalog-data';
import type { Environment, EnvironmentDefinition } from '../../contract/environment';
import { parseExperiment } from '../../contract/experiment';
import type { AnyParams } from '../../contract/params';
import { LabError } from '../../contract/problem';
import { rollout, transitionTable } from '../../engine/rollout';
import { Refused } from '../answer';
import { setValue } from '../overrides';

// By their own folder, not by the engine's registry: environments need no TensorFlow.
const found = import.meta.glob('../../../envs/*.ts', { eager: true }) as Record<
  string,
  { default: EnvironmentDefinition }
>;
const environments = Object.values(found).map((module) => module.default);

function environmentOf(id: string, set: string[]): Environment {
  const entry: Record<string, unknown> = { id };
  set.forEach((assignment) => setValue(entry, assignment));
  // The same checks as for an experiment that names it; the agent fits every environment.
  const parsed = parseExperiment(
    { name: 'rollout', task: 'reinforcement-learning', environment: entry, agent: { id: 'dqn' } },
    catalog,
  );
  if (!parsed.ok) throw new Refused(parsed.problems);
  const definition = environments.find((environment) => environment.id === id)!;
  const params = Object.fromEntries(
    Object.entries(definition.params).map(([name, spec]) => [
      name,
      entry[name] ?? ('default' in spec ? spec.default : null),
    ]),
  );
  return told(`environment ${id}`, () => definition.create(params as AnyParams));
}

/** Environments answer what lies outside their spaces with a RangeError. */
function told<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new LabError(place, error.message, 'Correct the value.');
    throw error;
  }
}

function numbers(option: string, json: string): number[] {
  try {
    return z.array(z.number()).parse(JSON.parse(json));
  } catch {
    throw new LabError(
      option,
      `found ${json.slice(0, 80)}; expected a JSON array of numbers`,
      `For instance: ${option} '[0, 1]'`,
    );
  }
}

export function defineEnv(program: Command): void {
  const env = program.command('env').description('single environments, to compare with Gymnasium');
  env
    .command('rollout')
    .argument('<id>', 'environment')
    .description('step an environment from a state: one line of JSON an action')
    .requiredOption('--state <json>', 'Gymnasium’s state as an array')
    .requiredOption('--actions <json>', 'array of actions')
    .option('--set <name=value...>', 'parameter of the environment')
    .option('--json', 'the output is JSON in any case')
    .action(
      (id: string, { state, actions, set = [] }: { state: string; actions: string; set?: string[] }) => {
        const environment = environmentOf(id, set);
        const steps = told(`environment ${id}`, () =>
          rollout(environment, numbers('--state', state), numbers('--actions', actions)),
        );
        steps.forEach((step) => process.stdout.write(`${JSON.stringify(step)}\n`));
      },
    );
  env
    .command('transitions')
    .argument('<id>', 'finite environment')
    .description('print every transition of a finite environment as Gymnasium’s P')
    .option('--set <name=value...>', 'parameter of the environment')
    .option('--json', 'the output is JSON in any case')
    .action((id: string, { set = [] }: { set?: string[] }) => {
      const environment = environmentOf(id, set);
      process.stdout.write(
        `${JSON.stringify(told(`environment ${id}`, () => transitionTable(environment)))}\n`,
      );
    });
}
