/** Experiment files as they are opened: by the dialog, from the recent ones, or dropped on the window. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ExperimentFile } from '../contract/lab-api';
import { LabError } from '../contract/problem';

/** The largest text that is opened as an experiment, in bytes. */
const LARGEST = 2_000_000;

/** @throws LabError for a file that is missing or too large */
export async function readExperiment(path: string): Promise<ExperimentFile> {
  if (!existsSync(path))
    throw new LabError(path, 'there is no such file any more', 'Open it from where it lies now.');
  const { size } = statSync(path);
  if (size > LARGEST) {
    throw new LabError(
      path,
      `the file has ${size} bytes; expected at most ${LARGEST}`,
      'Choose an experiment file (YAML or JSON).',
    );
  }
  return { name: basename(path), text: await readFile(path, 'utf8') };
}
