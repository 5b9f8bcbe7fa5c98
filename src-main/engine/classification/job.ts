import type { TaskRunner } from '../task';

/** One arm to be run. */
export type Job = Parameters<TaskRunner['runArm']>[0];
