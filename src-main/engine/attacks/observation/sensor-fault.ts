import { choice, integer, number } from '../../../contract/params';
import { LabError } from '../../../contract/problem';
import { defineObservationAttack } from '../../definitions';

/** What was seen so far in an episode, and how long the present fault still lasts. */
interface Memory {
  past: Float32Array[];
  /** Steps left of the fault; 0: none. */
  left: number;
  /** What a frozen sensor shows. */
  frozen: Float32Array;
}

/**
 * Sensor faults, as they happen without an attacker: at every step a fault begins with some probability and lasts some
 * steps. Meanwhile a value *freezes* where it was, *drops* to zero, comes with a *delay*, or is off by a *bias*. There is
 * no ball: a fault may show anything the sensor could.
 */
export default defineObservationAttack({
  id: 'sensor-fault',
  title: 'Sensor faults',
  summary:
    'Sensors that freeze, drop out, lag or read too high for some steps. Nobody means harm, yet an agent trained on perfect sensors may fall over: the everyday yardstick beside attacks.',
  limits: 'Knows no epsilon, so it is not to be compared with attacks by budget.',
  reference: {
    authors: 'E. Balaban, A. Saxena, P. Bansal, K. F. Goebel, S. Curran',
    title: 'Modeling, detection, and disambiguation of sensor faults for aerospace applications',
    year: 2009,
    where: 'IEEE Sensors Journal 9(12), 1907–1917',
  },
  knowledge: 'none',
  requires: ['box-observations'],
  params: {
    fault: choice({
      options: ['freeze', 'drop', 'delay', 'bias'],
      default: 'freeze',
      help: 'What the sensor shows: its last value, zero, the value some steps ago, or the value plus a bias.',
    }),
    probability: number({
      default: 0.05,
      min: 0,
      max: 1,
      unit: 'probability',
      help: 'That a fault begins, at each step without one.',
    }),
    duration: integer({ default: 10, min: 1, max: 100_000, unit: 'steps', help: 'How long a fault lasts.' }),
    sensor: integer({
      default: -1,
      min: -1,
      max: 1000,
      help: 'Which value of the observation, from 0; −1: all of them at once.',
    }),
    delay: integer({
      default: 5,
      min: 1,
      max: 1000,
      unit: 'steps',
      help: 'Of a delayed sensor; before the episode’s beginning it shows the first value.',
      advanced: true,
    }),
    bias: number({
      default: 0.1,
      min: -1000,
      max: 1000,
      unit: 'observation range',
      help: 'Of a biased sensor.',
      advanced: true,
    }),
  },
  norm: () => null,
  budget: () => ({ box: Infinity, cells: 0 }),
  memory: (): Memory => ({ past: [], left: 0, frozen: new Float32Array() }),
  perturb(observations, { observationSize }, params, { random, memories }) {
    const { fault, probability, duration, sensor, delay, bias } = params;
    if (sensor >= observationSize)
      throw new LabError(
        'attacks.sensor-fault.sensor',
        `found ${sensor}; expected a whole number from -1 to ${observationSize - 1}`,
        'Correct the value in the experiment.',
      );
    const perceived = observations.slice();
    memories.forEach((memory, i) => {
      const now = observations.slice(i * observationSize, (i + 1) * observationSize);
      memory.past.push(now);
      if (memory.past.length > delay + 1) memory.past.shift();
      if (memory.left === 0 && random.uniform() < probability) {
        memory.left = duration;
        memory.frozen = now;
      }
      if (memory.left === 0) return;
      memory.left--;
      const shown = {
        freeze: () => memory.frozen,
        drop: () => now.map(() => 0),
        delay: () => memory.past[0]!,
        bias: () => now.map((value) => value + bias),
      }[fault]();
      shown.forEach((value, at) => {
        if (sensor < 0 || sensor === at) perceived[i * observationSize + at] = value;
      });
    });
    return perceived;
  },
});
