/** `--set path=value`: changes one value of an experiment before it is checked. */
import { parse } from 'yaml';
import { LabError } from '../contract/problem';

type Container = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** `value` is YAML; segments of `path` are keys, or places in a list from 0. What lies on the way is created. */
export function setValue(raw: Record<string, unknown>, assignment: string): void {
  const equals = assignment.indexOf('=');
  if (equals < 1) {
    throw new LabError(
      '--set',
      `found “${assignment}”; expected path=value`,
      'For instance: --set training.epochs=10',
    );
  }
  const path = assignment.slice(0, equals).split('.');
  let value: unknown;
  try {
    value = parse(assignment.slice(equals + 1));
  } catch (error) {
    throw new LabError(
      `--set ${path.join('.')}`,
      `the value is no YAML (${(error as Error).message.split('\n')[0]})`,
      'Put quotes around text.',
    );
  }
  let container: Container = raw;
  path.forEach((segment, i) => {
    const place = `--set ${path.slice(0, i + 1).join('.')}`;
    if (Array.isArray(container) && !(/^\d+$/.test(segment) && Number(segment) < container.length)) {
      throw new LabError(
        place,
        `found “${segment}”; expected a place in the list, 0 to ${container.length - 1}`,
        'Set the whole list instead.',
      );
    }
    const fields = container as Record<string, unknown>;
    if (i === path.length - 1) {
      fields[segment] = value;
      return;
    }
    const inner = Object.hasOwn(fields, segment) ? fields[segment] : (fields[segment] = {});
    if (!isContainer(inner))
      throw new LabError(place, 'this is a single value with nothing inside', 'Correct the path.');
    container = inner;
  });
}
