/** The experiment a command is given: a file or a built-in bout, with what the command line changes of it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { bouts } from '../contract/bouts';
import { catalog } from '../contract/catalog-data';
import { parseExperiment, pathsOf, type Experiment } from '../contract/experiment';
import { experimentToText, rawFromText } from '../contract/experiment-text';
import { LabError } from '../contract/problem';
import { Refused } from './answer';
import { setValue } from './overrides';

export interface Overrides {
  seed?: number[];
  set?: string[];
}

export interface GivenExperiment {
  /** The text as given, or with the changes of the command line worked in. */
  source: string;
  /** Paths in it are absolute. */
  experiment: Experiment;
}

function textOf(given: string): { text: string; name: string; folder: string } {
  if (existsSync(given)) {
    if (statSync(given).isDirectory())
      throw new LabError(given, 'this is a folder', 'Name an experiment file (YAML or JSON).');
    try {
      return { text: readFileSync(given, 'utf8'), name: basename(given), folder: dirname(resolve(given)) };
    } catch (error) {
      throw new LabError(
        given,
        `the file cannot be read (${(error as Error).message})`,
        'Check its permissions.',
      );
    }
  }
  const bout = bouts.find(({ id }) => id === given);
  if (bout) return { text: bout.text, name: given, folder: process.cwd() };
  throw new LabError(
    given,
    'there is no such file, and no built-in bout of this name',
    `Built-in bouts: ${bouts.map(({ id }) => id).join(', ')}.`,
  );
}

/** @throws Refused with every problem found */
export function givenExperiment(given: string, { seed, set = [] }: Overrides): GivenExperiment {
  const { text, name, folder } = textOf(given);
  const read = rawFromText(text, name);
  if (!read.ok) throw new Refused(read.problems);
  const raw = read.raw as Record<string, unknown>;
  const changed = (seed !== undefined || set.length > 0) && typeof raw === 'object' && raw !== null;
  if (changed) {
    if (seed) raw['seeds'] = seed;
    set.forEach((assignment) => setValue(raw, assignment));
  }
  const parsed = parseExperiment(raw, catalog);
  if (!parsed.ok) throw new Refused(parsed.problems);
  const { experiment } = parsed;
  makePathsAbsolute(experiment, folder, set);
  return { source: changed ? experimentToText(raw) : text, experiment };
}

/** A path in a file is meant from the file's folder, one on the command line from the current folder. */
function makePathsAbsolute(experiment: Experiment, folder: string, set: string[]): void {
  for (const { place, path, what } of pathsOf(experiment, catalog)) {
    if (what === 'address') continue;
    const [key, name] = place.split('.') as ['dataset' | 'model' | 'forkedFrom', string];
    const typed = set.some(
      (assignment) => assignment.startsWith(`${place}=`) || assignment.startsWith(`${key}=`),
    );
    const absolute = resolve(typed ? process.cwd() : folder, path);
    if (!existsSync(absolute)) {
      throw new LabError(place, `there is no ${what} “${absolute}”`, 'Correct the path.');
    }
    (experiment[key] as Record<string, unknown>)[name] = absolute;
  }
}
