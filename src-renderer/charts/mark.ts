/** Stands beside every number that a failed check of the verdict makes doubtful. */
export const MARK = '†';
