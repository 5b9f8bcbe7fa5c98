import type { Environment } from '../../contract/environment';

/** Steps after which an episode is cut where Gymnasium registers no time limit (CliffWalking). */
const STEP_CAP = 1000;

/** Every episode ends: at the environment's time limit or at the frame's own cap. */
export const stepLimit = ({ maxEpisodeSteps }: Environment): number => maxEpisodeSteps ?? STEP_CAP;
