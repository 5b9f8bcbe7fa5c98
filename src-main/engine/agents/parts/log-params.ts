import { integer, number } from '../../../contract/params';

/** How the log is made that an offline learner is given. */
export const logParams = (exploration: number) => ({
  logSteps: integer({
    default: 10_000,
    min: 100,
    max: 10_000_000,
    unit: 'environment steps',
    help: 'Length of the log.',
  }),
  exploration: number({
    default: exploration,
    min: 0,
    max: 1,
    unit: 'probability',
    help: 'How often the recorded policy, a good one, does any action instead of its own.',
  }),
});
