/** Confident learning against what cleanlab gave (confident-learning-golden.py, confident-learning.json). */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  confidentJoint,
  prunedByNoiseRate,
} from '../../src-main/engine/defenses/filtering/confident-learning';

interface Golden {
  classes: number;
  cases: { labels: number[]; believed: number[]; joint: number[][]; removed: number[] }[];
}

const path = new URL('confident-learning.json', import.meta.url);
const { classes, cases } = JSON.parse(readFileSync(path, 'utf8')) as Golden;

it.each(cases.map((one, i) => [i, one] as const))('case %i', (_i, { labels, believed, joint, removed }) => {
  const [beliefs, given] = [Float32Array.from(believed), Uint8Array.from(labels)];
  const found = confidentJoint(beliefs, given, classes);
  // The lab's counts are scaled to the samples of each label.
  joint.forEach((row, label) => {
    const scale = given.filter((own) => own === label).length / row.reduce((a, b) => a + b, 0);
    row.forEach((count, other) => expect(found[label]![other]).toBeCloseTo(count * scale, 9));
  });
  expect([...prunedByNoiseRate(beliefs, given, classes).removed]).toEqual(removed);
});
