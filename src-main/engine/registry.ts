/** Every definition of the lab, found by folder: adding one is adding a file with a default export. */
import type { Kind, Catalog, CatalogEntry, Task } from '../contract/catalog';
import { isPoisoning } from '../contract/catalog';
import type { EnvironmentDefinition } from '../contract/environment';
import type { Surface } from '../contract/params';
import type {
  ActionAttack,
  AgentDefinition,
  AnswerDefense,
  CertifiedDefense,
  DetectionDefense,
  DynamicsAttack,
  EvasionAttack,
  FilteringDefense,
  LogAttack,
  ModelDefinition,
  ObservationAttack,
  PolicyAttack,
  PreprocessingDefense,
  PrivacyAttack,
  RewardAttack,
  RlFilteringDefense,
  RlTrainingDefense,
  RlWrapperDefense,
  TrainingDefense,
  TrainingSetAttack,
} from './definitions';

export type Attack =
  | EvasionAttack
  | TrainingSetAttack
  | ObservationAttack
  | ActionAttack
  | DynamicsAttack
  | PolicyAttack
  | LogAttack
  | RewardAttack
  | PrivacyAttack;
export type Defense =
  | TrainingDefense
  | FilteringDefense
  | PreprocessingDefense
  | AnswerDefense
  | DetectionDefense
  | CertifiedDefense
  | RlTrainingDefense
  | RlFilteringDefense
  | RlWrapperDefense;

type Found<T> = Record<string, { default: T }>;
const list = <T extends { id: string }>(found: Found<T>): T[] =>
  Object.values(found)
    .map((module) => module.default)
    .sort((a, b) => (a.id < b.id ? -1 : 1));

// Eager globs are resolved by the bundler, so the folders are the registry.
export const attacks = list(import.meta.glob('./attacks/*/*.ts', { eager: true }) as Found<Attack>);
export const defenses = list(import.meta.glob('./defenses/*/*.ts', { eager: true }) as Found<Defense>);
export const agents = list(import.meta.glob('./agents/*.ts', { eager: true }) as Found<AgentDefinition>);
export const models = list(import.meta.glob('./models/*.ts', { eager: true }) as Found<ModelDefinition>);
export const environments = list(
  import.meta.glob('../../envs/*.ts', { eager: true }) as Found<EnvironmentDefinition>,
);

function pick<T extends { id: string }>(kind: Kind, all: T[], id: string): T {
  const found = all.find((definition) => definition.id === id);
  if (!found) throw new RangeError(`no ${kind} is called “${id}”; known: ${all.map((d) => d.id).join(', ')}`);
  return found;
}

/** An attack of the given surface. Throws RangeError for an unknown id or another surface. */
export function attackOf<S extends Surface>(surface: S, id: string): Extract<Attack, { surface: S }> {
  const found = pick('attack', attacks, id);
  if (found.surface !== surface)
    throw new RangeError(`“${id}” is an attack on ${found.surface}, not on ${surface}`);
  return found as Extract<Attack, { surface: S }>;
}
export const attackById = (id: string): Attack => pick('attack', attacks, id);
export const defenseById = (id: string): Defense => pick('defense', defenses, id);
export const agentById = (id: string): AgentDefinition => pick('agent', agents, id);
export const modelById = (id: string): ModelDefinition => pick('model', models, id);
export const environmentById = (id: string): EnvironmentDefinition => pick('environment', environments, id);

const TASK_OF_SURFACE: Record<Surface, Task> = {
  evasion: 'classification',
  'training-set': 'classification',
  privacy: 'classification',
  observation: 'reinforcement-learning',
  action: 'reinforcement-learning',
  dynamics: 'reinforcement-learning',
  reward: 'reinforcement-learning',
  policy: 'reinforcement-learning',
  log: 'reinforcement-learning',
};

/** What is poisoned while an agent tries its environment; a recorded log is poisoned as a whole. */
const OF_OWN_STEPS: readonly Surface[] = ['reward', 'policy'];

/** The engine's part of the catalog, as plain data. */
export function engineCatalog(): Catalog {
  const common = ({
    id,
    title,
    summary,
    formula,
    limits,
    reference,
    params,
  }: CatalogEntry | Attack | Defense | AgentDefinition | ModelDefinition | EnvironmentDefinition) => ({
    id,
    title,
    summary,
    ...(formula ? { formula } : {}),
    ...(limits ? { limits } : {}),
    reference,
    params,
  });
  return [
    ...attacks.map((d): CatalogEntry => ({
      kind: 'attack',
      tasks: [TASK_OF_SURFACE[d.surface]],
      surface: d.surface,
      knowledge: d.knowledge,
      requires: [
        ...d.requires,
        ...(isPoisoning(d.surface) ? ['training' as const] : []),
        ...(OF_OWN_STEPS.includes(d.surface) ? ['own-steps' as const] : []),
      ],
      ...('fit' in d ? { fitted: true } : {}),
      ...common(d),
    })),
    ...defenses.map((d): CatalogEntry => ({
      kind: 'defense',
      tasks: [d.stage.startsWith('rl-') ? 'reinforcement-learning' : 'classification'],
      stage: d.stage,
      ...('against' in d && d.against ? { against: d.against } : {}),
      requires: [
        'training',
        ...(d.stage === 'rl-training' ? ['own-steps' as const] : []),
        ...('requires' in d ? (d.requires ?? []) : []),
      ],
      ...common(d),
    })),
    ...models.map((d): CatalogEntry => ({
      kind: 'model',
      tasks: ['classification'],
      capabilities: d.capabilities,
      requires: d.requires,
      ...common(d),
    })),
    ...agents.map((d): CatalogEntry => ({
      kind: 'agent',
      tasks: ['reinforcement-learning'],
      capabilities: d.capabilities,
      requires: d.requires,
      ...common(d),
    })),
    ...environments.map((d): CatalogEntry => ({
      kind: 'environment',
      tasks: ['reinforcement-learning'],
      capabilities: d.finite ? ['finite-states'] : ['box-observations'],
      ...(d.text ? { text: d.text } : {}),
      ...common(d),
    })),
  ];
}
