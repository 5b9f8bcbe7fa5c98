/**
 * The experiment: one file says what is defended, who attacks it and how it is hardened. Here are its type, its
 * validation against the catalog and its JSON Schema. All come from the same parameter specs.
 */
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { addressOf } from './address';
import {
  find,
  ingredients,
  isPoisoning,
  type Capability,
  type Catalog,
  type CatalogEntry,
  type Kind,
  type Task,
} from './catalog';
import type { Problem } from './events';
import { isList, type ParamSpec, type PathSpec, type Surface } from './params';

/** `{ id, …parameters }`; a list as a parameter's value stands for one entry per value. */
export interface Entry {
  id: string;
  [parameter: string]: unknown;
}

export interface Training {
  epochs: number;
  batchSize: number;
  optimizer: 'adam' | 'sgd';
  learningRate: number;
  /** Learning rate of the last `finalShare` of the epochs; equal to `learningRate` unless given. */
  finalLearningRate: number;
  finalShare: number;
}

/** Narrows the cross of arms: 'clean' and 'undefended' name the empty choices. */
export interface ArmChoice {
  poisoning: string;
  defense: string;
}

export interface Experiment {
  name: string;
  description: string;
  task: Task;
  seeds: number[];
  dataset?: Entry;
  model?: Entry;
  /** Classification: models trained and attacked beside `model`, each in all arms. */
  furtherModels: Entry[];
  training: Training;
  environment?: Entry;
  agent?: Entry;
  poisoning: Entry[];
  defenses: Entry[];
  attacks: Entry[];
  arms?: ArmChoice[];
  /** The run starts from what was trained in a session, up to one of its events where that is named. */
  forkedFrom?: { session: string; event?: number };
  evaluation: { samples: number; episodes: number; transfer: boolean; corruptions: boolean };
}

/** The key of the experiment under which each kind of definition stands. */
const SINGLE: Record<Task, { key: 'dataset' | 'model' | 'environment' | 'agent'; kind: Kind }[]> = {
  classification: [
    { key: 'dataset', kind: 'dataset' },
    { key: 'model', kind: 'model' },
  ],
  'reinforcement-learning': [
    { key: 'environment', kind: 'environment' },
    { key: 'agent', kind: 'agent' },
  ],
};
const LISTS = ['furtherModels', 'poisoning', 'defenses', 'attacks'] as const;
type ListKey = (typeof LISTS)[number];

/** Whether a list of values in a parameter makes an entry of each, under this key. */
export const expandsLists = (key: ListKey): boolean => key !== 'furtherModels';

/** The definitions that may stand under a list key. */
export function allowed(catalog: Catalog, key: ListKey, task: Task): CatalogEntry[] {
  return catalog.filter((entry) => {
    if (!entry.tasks.includes(task)) return false;
    // A model that comes trained has no seed and no defence to be compared over: it stands alone, under `model`.
    if (key === 'furtherModels') return entry.kind === 'model' && entry.capabilities!.includes('training');
    if (key === 'defenses') return entry.kind === 'defense';
    return entry.kind === 'attack' && isPoisoning(entry.surface!) === (key === 'poisoning');
  });
}

const anEntry = z.looseObject({ id: z.string() });
const training = z.strictObject({
  epochs: z
    .int()
    .min(1)
    .max(10000)
    .default(5)
    .meta({ description: 'Passes over the training set.', unit: 'epochs' }),
  batchSize: z
    .int()
    .min(1)
    .max(8192)
    .default(128)
    .meta({ description: 'Samples in one step of the optimiser.', unit: 'samples' }),
  optimizer: z
    .enum(['adam', 'sgd'])
    .default('adam')
    .meta({ description: 'How weights follow the gradient.' }),
  learningRate: z
    .number()
    .positive()
    .max(10)
    .default(0.001)
    .meta({ description: 'Step size of the optimiser.' }),
  finalLearningRate: z
    .number()
    .positive()
    .max(10)
    .optional()
    .meta({ description: 'Learning rate of the last epochs; the same as before unless given.' }),
  finalShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .meta({ description: 'Share of the epochs that the final learning rate is used for.', unit: 'share' }),
});
const structure = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(120)
    .regex(/^[^/\\]*$/, 'must not contain a slash'),
  description: z.string().default(''),
  task: z.enum(['classification', 'reinforcement-learning']),
  seeds: z.array(z.int().min(1).max(2147483647)).min(1).max(1000).default([1]),
  dataset: anEntry.optional(),
  model: anEntry.optional(),
  furtherModels: z.array(anEntry).default([]),
  training: training.prefault({}),
  environment: anEntry.optional(),
  agent: anEntry.optional(),
  poisoning: z.array(anEntry).default([]),
  defenses: z.array(anEntry).default([]),
  attacks: z.array(anEntry).default([]),
  arms: z.array(z.strictObject({ poisoning: z.string(), defense: z.string() })).optional(),
  forkedFrom: z
    .strictObject({
      session: z.string().min(1).max(4096).meta({ description: 'Id or file of the session forked from.' }),
      event: z.int().min(1).optional().meta({
        description:
          'Arms of the same spec and seed that were trained up to this event are taken over; all of them, unless given.',
      }),
    })
    .optional(),
  evaluation: z
    .strictObject({
      samples: z.int().min(1).max(1000000).default(500).meta({
        description: 'Test inputs of each evaluation: the first ones, in file order.',
        unit: 'inputs',
      }),
      episodes: z
        .int()
        .min(1)
        .max(100000)
        .default(50)
        .meta({ description: 'Greedy episodes of each evaluation.', unit: 'episodes' }),
      transfer: z.boolean().default(false).meta({
        description: 'Try the adversarial examples of every arm on every other arm.',
      }),
      corruptions: z.boolean().default(false).meta({
        description:
          'Evaluate every arm on noisy, blurred, shifted, rotated and low-contrast inputs as well.',
      }),
    })
    .prefault({}),
});

function valueSchema(spec: ParamSpec): z.ZodType {
  switch (spec.kind) {
    case 'number':
    case 'derived-number': {
      let schema: z.ZodNumber = spec.integer ? z.int() : z.number();
      if (spec.min !== undefined) schema = spec.exclusiveMin ? schema.gt(spec.min) : schema.min(spec.min);
      if (spec.max !== undefined) schema = schema.max(spec.max);
      return schema;
    }
    case 'choice':
      return z.enum(spec.options as [string, ...string[]]);
    case 'boolean':
      return z.boolean();
    case 'lines':
      return z.array(z.string().min(1)).min(1);
    case 'path':
      return spec.what === 'address'
        ? z.string().refine((text) => addressOf(text) !== null)
        : z.string().min(1);
    case 'attack':
      return anEntry;
    case 'attacks':
      return z.array(anEntry).min(1);
  }
}

/** Value as a person would recognise it in the file. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function at(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    raw,
  );
}

function didYouMean(word: string, names: readonly string[]): string {
  const [nearest] = [...names].sort((a, b) => distance(word, a) - distance(word, b));
  const close = nearest !== undefined && distance(word, nearest) <= Math.max(2, word.length / 2);
  return `${close ? `Did you mean “${nearest}”? ` : ''}Known: ${names.join(', ')}.`;
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.length ? path.map(String).join('.') : 'experiment';

function problemsOf(error: z.ZodError, raw: unknown, prefix: string[], names: readonly string[]): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        place: placeOf([...path, key]),
        message: `unknown key “${key}” (value ${shown(at(raw, [...issue.path, key]))})`,
        remedy: didYouMean(key, issue.path.length ? keysAt(issue.path) : names),
      }));
    }
    return [
      {
        place: placeOf(path),
        message: `found ${shown(at(raw, issue.path))}; expected ${expectation(issue)}`,
        remedy: 'Correct the value in the experiment.',
      },
    ];
  });
}

/** What a rule of the structure wants, in the words of the other messages. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const bound =
      issue.code === 'too_small'
        ? `${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`
        : `${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}`;
    const unit = { array: ' entries', string: ' characters' }[issue.origin as string] ?? '';
    return `${bound}${unit}`;
  }
  if (issue.code === 'invalid_value') return `one of ${issue.values.join(', ')}`;
  if (issue.code === 'invalid_type')
    return issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`;
  return issue.message;
}

function keysAt(path: readonly PropertyKey[]): string[] {
  const nested: Record<string, string[]> = {
    training: Object.keys(training.shape),
    evaluation: ['samples', 'episodes', 'transfer', 'corruptions'],
    arms: ['poisoning', 'defense'],
    forkedFrom: ['session', 'event'],
  };
  return nested[String(path[0])] ?? [];
}

const rangeOf = (spec: ParamSpec): string => {
  if (spec.kind === 'choice') return `one of ${spec.options.join(', ')}`;
  if (spec.kind === 'boolean') return 'true or false';
  if (spec.kind === 'lines') return 'a list of text lines';
  if (spec.kind === 'path')
    return spec.what === 'address'
      ? 'an http or https address, without password or fragment'
      : `the path of a ${spec.what}`;
  if (spec.kind === 'attack') return `an attack of surface ${spec.surface} as {id: …}`;
  if (spec.kind === 'attacks')
    return `a list of at least one attack of surface ${spec.surface}, each as {id: …}`;
  const low = spec.min === undefined ? '' : ` ${spec.exclusiveMin ? 'above' : 'from'} ${spec.min}`;
  const high = spec.max === undefined ? '' : ` up to ${spec.max}`;
  return `${spec.integer ? 'a whole number' : 'a number'}${low}${high}`;
};

function checkParams(
  entry: Entry,
  definition: CatalogEntry,
  place: string,
  catalog: Catalog,
  listsAllowed: boolean,
): Problem[] {
  const problems: Problem[] = [];
  for (const key of Object.keys(entry)) {
    if (key !== 'id' && !(key in definition.params)) {
      problems.push({
        place: `${place}.${key}`,
        message: `“${definition.id}” has no parameter “${key}” (value ${shown(entry[key])})`,
        remedy: didYouMean(key, Object.keys(definition.params)),
      });
    }
  }
  for (const [key, spec] of Object.entries(definition.params)) {
    const given = entry[key];
    if (given === undefined || given === null) {
      if (spec.kind === 'path') {
        problems.push({
          place: `${place}.${key}`,
          message: `found nothing; expected ${rangeOf(spec)}`,
          remedy: `Give “${definition.id}” its ${key}: ${spec.help}`,
        });
      }
      continue;
    }
    const list = Array.isArray(given) && !isList(spec);
    if (list && (!listsAllowed || given.length === 0)) {
      problems.push({
        place: `${place}.${key}`,
        message: `found ${shown(given)}; expected ${rangeOf(spec)}`,
        remedy: listsAllowed
          ? 'Give at least one value.'
          : 'A list of values is not possible here; give one.',
      });
      continue;
    }
    const values: unknown[] = list ? given : [given];
    values.forEach((value, i) => {
      const where = `${place}.${key}${list ? `.${i}` : ''}`;
      if (!valueSchema(spec).safeParse(value).success) {
        problems.push({
          place: where,
          message: `found ${shown(value)}; expected ${rangeOf(spec)}`,
          remedy: `${spec.help}`,
        });
      } else if (spec.kind === 'attack') {
        problems.push(...checkNested(value as Entry, spec.surface, where, catalog));
      } else if (spec.kind === 'attacks') {
        (value as Entry[]).forEach((one, n) =>
          problems.push(...checkNested(one, spec.surface, `${where}.${n}`, catalog)),
        );
      }
    });
  }
  return problems;
}

function checkNested(entry: Entry, surface: Surface, place: string, catalog: Catalog): Problem[] {
  const candidates = ingredients(catalog, surface);
  const definition = candidates.find((other) => other.id === entry.id);
  if (!definition) {
    const fitted = find(catalog, 'attack', entry.id)?.fitted;
    return [
      {
        place: `${place}.id`,
        message: fitted
          ? `“${entry.id}” learns from other inputs first, so it cannot be an ingredient`
          : `no ${surface} attack is called “${entry.id}”`,
        remedy: didYouMean(
          entry.id,
          candidates.map((other) => other.id),
        ),
      },
    ];
  }
  return checkParams(entry, definition, place, catalog, false);
}

const REMEDIES: Record<Capability, string> = {
  training:
    'It is already trained: leave out what trains another (poisonings, defences, attacks by shadow models), or choose a model that is trained here.',
  randomised: 'Only an average over draws of a randomised target needs more than one.',
  decisions: 'Choose a classifier.',
  gradients: 'Use an attack that needs only answers, or a target with a network.',
  scores: 'Use an attack that needs only decisions.',
  'action-values': 'Choose an agent that learns values, such as q-learning or dqn.',
  critic: 'Choose an agent that values what it sees, such as dqn or ppo.',
  'box-observations': 'This needs observations of real values: choose CartPole-v1.',
  'own-steps':
    'This changes steps that an agent takes while it learns: choose dqn, ppo or a table that learns.',
  'recorded-steps': 'Choose an agent that learns from a log, such as behaviour-cloning or offline-dqn.',
  'finite-states': 'This needs states that can be listed: choose a grid world.',
};

function checkRequirements(
  definition: CatalogEntry,
  place: string,
  target: Pick<CatalogEntry, 'id' | 'capabilities'> | undefined,
): Problem[] {
  const lacking = (definition.requires ?? []).filter((need) => !target?.capabilities?.includes(need));
  if (!target || lacking.length === 0) return [];
  return [
    {
      place,
      message: `“${definition.id}” needs ${lacking.join(' and ')}, which “${target.id}” does not have`,
      remedy: REMEDIES[lacking[0]!],
    },
  ];
}

export type Parsed = { ok: true; experiment: Experiment } | { ok: false; problems: Problem[] };

/** Checks a raw value (from YAML, JSON or the form) whole; every problem found is told, not only the first. */
export function parseExperiment(raw: unknown, catalog: Catalog): Parsed {
  const parsed = structure.safeParse(raw);
  if (parsed.success) return checkMeaning(parsed.data, catalog);
  const problems = problemsOf(parsed.error, raw, [], Object.keys(structure.shape));
  // What else is wrong is told in the same breath: the rest is checked without the parts that are broken.
  const broken = new Set(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
    ),
  );
  const sound = Object.entries(raw ?? {}).filter(([key]) => !broken.has(key));
  const rest = structure.safeParse({
    ...Object.fromEntries(sound),
    ...(broken.has('name') ? { name: 'unnamed' } : {}),
  });
  const more = rest.success ? checkMeaning(rest.data, catalog) : null;
  const elsewhere =
    more && !more.ok ? more.problems.filter(({ place }) => !broken.has(place.split('.')[0]!)) : [];
  return { ok: false, problems: [...problems, ...elsewhere] };
}

/** Where a definition belongs that stands under the wrong list. */
function placeFor({ kind, surface, tasks }: CatalogEntry, key: ListKey): string {
  if (kind === 'model' && key === 'furtherModels')
    return 'It comes trained: give it as “model”, and others beside it.';
  const what = { attack: `an attack on ${surface}`, defense: 'a defence', model: 'a model' }[kind as string];
  return `It is ${what} for ${tasks.join(', ')}.`;
}

/** What the structure alone cannot tell: whether the definitions exist, fit the task and each other. */
function checkMeaning(data: z.output<typeof structure>, catalog: Catalog): Parsed {
  const { finalLearningRate, ...rest } = data.training;
  const experiment: Experiment = {
    ...data,
    training: { ...rest, finalLearningRate: finalLearningRate ?? rest.learningRate },
  };
  const { task } = experiment;
  const problems: Problem[] = [];
  const needed = SINGLE[task];
  const foreign = Object.entries(SINGLE).flatMap(([other, keys]) => (other === task ? [] : keys));

  for (const { key } of foreign) {
    if (experiment[key]) {
      problems.push({
        place: key,
        message: `“${key}” has no meaning in a ${task} experiment`,
        remedy: 'Remove it, or change the task.',
      });
    }
  }
  for (const { key, kind } of needed) {
    const entry = experiment[key];
    const names = catalog.filter((other) => other.kind === kind).map((other) => other.id);
    if (!entry) {
      problems.push({
        place: key,
        message: `found nothing; a ${task} experiment needs “${key}”`,
        remedy: `Known: ${names.join(', ')}.`,
      });
      continue;
    }
    const definition = find(catalog, kind, entry.id);
    if (!definition) {
      problems.push({
        place: `${key}.id`,
        message: `no ${kind} is called “${entry.id}”`,
        remedy: didYouMean(entry.id, names),
      });
      continue;
    }
    problems.push(...checkParams(entry, definition, key, catalog, false));
  }
  const [about, learner] = needed.map(({ key, kind }) => find(catalog, kind, experiment[key]?.id ?? ''));
  // An attack meets an agent in its environment, and may need something of either.
  const target =
    about?.kind === 'environment' && learner
      ? {
          id: `${learner.id} on ${about.id}`,
          capabilities: [...(learner.capabilities ?? []), ...(about.capabilities ?? [])],
        }
      : learner;
  if (learner) problems.push(...checkRequirements(learner, `${needed[1]!.key}.id`, about));
  // What the arms’ models offer together: an attack that only some of them can meet is left out at the others.
  const met = [target, ...experiment.furtherModels.map(({ id }) => find(catalog, 'model', id))].flatMap(
    (entry) => entry ?? [],
  );
  for (const key of LISTS) {
    const candidates = allowed(catalog, key, task);
    experiment[key].forEach((entry, i) => {
      const definition = candidates.find((other) => other.id === entry.id);
      if (!definition) {
        const elsewhere = catalog.find(
          (other) => other.id === entry.id && ['attack', 'defense', 'model'].includes(other.kind),
        );
        problems.push({
          place: `${key}.${i}.id`,
          message: elsewhere
            ? `“${entry.id}” cannot stand under “${key}” of a ${task} experiment`
            : `nothing under “${key}” is called “${entry.id}”`,
          remedy: elsewhere
            ? placeFor(elsewhere, key)
            : didYouMean(
                entry.id,
                candidates.map((other) => other.id),
              ),
        });
        return;
      }
      problems.push(
        ...checkParams(entry, definition, `${key}.${i}`, catalog, expandsLists(key)),
        ...(met.length === 0 || met.some((entry) => checkRequirements(definition, '', entry).length === 0)
          ? []
          : checkRequirements(definition, `${key}.${i}.id`, target)),
      );
    });
  }
  experiment.arms?.forEach((arm, i) => {
    const known = {
      poisoning: ['clean', ...experiment.poisoning.map((entry) => entry.id)],
      defense: ['undefended', ...experiment.defenses.map((entry) => entry.id)],
    };
    for (const part of ['poisoning', 'defense'] as const) {
      if (!known[part].includes(arm[part])) {
        problems.push({
          place: `arms.${i}.${part}`,
          message: `“${arm[part]}” is not in this experiment`,
          remedy: didYouMean(arm[part], known[part]),
        });
      }
    }
  });
  const ofClassifiers = {
    transfer: 'adversarial examples are transferred between classifiers only',
    corruptions: 'natural corruptions are of images, which agents do not see',
  } as const;
  for (const key of ['transfer', 'corruptions'] as const) {
    if (!experiment.evaluation[key] || task === 'classification') continue;
    problems.push({
      place: `evaluation.${key}`,
      message: `found true; ${ofClassifiers[key]}`,
      remedy: 'Remove it, or change the task.',
    });
  }
  if (new Set(experiment.seeds).size < experiment.seeds.length) {
    problems.push({
      place: 'seeds',
      message: `found ${shown(experiment.seeds)}; a seed stands twice`,
      remedy: 'Every seed must be different: a repeated one would count as a second sample.',
    });
  }
  return problems.length ? { ok: false, problems } : { ok: true, experiment };
}

/** What an experiment names outside itself: a file, a folder or an address. */
export interface NamedPath {
  place: string;
  path: string;
  what: PathSpec['what'];
}

/** The user's files and folders and the addresses an experiment names, each needing a grant. */
export function pathsOf(experiment: Experiment, catalog: Catalog): NamedPath[] {
  const { session } = experiment.forkedFrom ?? {};
  // Ids of the library are no paths.
  const forked: NamedPath[] =
    session && /[\\/]|\.sparring$/.test(session)
      ? [{ place: 'forkedFrom.session', path: session, what: 'file' }]
      : [];
  const named = SINGLE[experiment.task].flatMap(({ key, kind }) => {
    const entry = experiment[key];
    const params = entry ? (find(catalog, kind, entry.id)?.params ?? {}) : {};
    return Object.entries(params)
      .filter((param): param is [string, PathSpec] => param[1].kind === 'path')
      .map(([name, { what }]) => ({ place: `${key}.${name}`, path: String(entry![name]), what }));
  });
  return [...named, ...forked];
}

/** JSON Schema (draft 2020-12) of the experiment file, every definition with its parameters included. */
export function experimentJsonSchema(catalog: Catalog): unknown {
  const entrySchema = (definition: CatalogEntry, lists: boolean) => {
    const shape = Object.entries(definition.params).map(([name, spec]) => {
      const value =
        spec.kind === 'attack'
          ? nestedSchema(spec.surface)
          : spec.kind === 'attacks'
            ? z.array(nestedSchema(spec.surface)).min(1)
            : valueSchema(spec);
      const withLists = lists && !isList(spec) ? z.union([value, z.array(value).min(1)]) : value;
      const described = withLists.describe(spec.unit ? `${spec.help} Unit: ${spec.unit}.` : spec.help);
      if (spec.kind === 'path') return [name, described] as const;
      return [
        name,
        ('default' in spec && spec.default !== null
          ? described.meta({ default: spec.default })
          : described
        ).optional(),
      ] as const;
    });
    return z
      .strictObject({ id: z.literal(definition.id), ...Object.fromEntries(shape) })
      .describe(`${definition.title}. ${definition.summary}`);
  };
  const union = (entries: CatalogEntry[], lists: boolean) =>
    entries.length ? z.union(entries.map((entry) => entrySchema(entry, lists))) : z.never();
  const nestedSchema = (surface: Surface): z.ZodType => union(ingredients(catalog, surface), false);
  const ofKind = (kind: Kind) =>
    union(
      catalog.filter((entry) => entry.kind === kind),
      false,
    ).optional();
  const listOf = (key: ListKey) => {
    const entries = (['classification', 'reinforcement-learning'] as const).flatMap((task) =>
      allowed(catalog, key, task),
    );
    return z.array(union([...new Set(entries)], expandsLists(key))).default([]);
  };
  const schema = structure.extend({
    dataset: ofKind('dataset'),
    model: ofKind('model'),
    environment: ofKind('environment'),
    agent: ofKind('agent'),
    poisoning: listOf('poisoning'),
    defenses: listOf('defenses'),
    attacks: listOf('attacks'),
    furtherModels: listOf('furtherModels'),
  });
  return { title: 'Sparring experiment', ...z.toJSONSchema(schema, { io: 'input' }) };
}
