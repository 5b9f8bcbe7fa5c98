/**
 * The interfaces that attack, defence, agent and model files fill, and the functions that type an author’s parameters from
 * their specs. One file each; `registry.ts` finds them by folder.
 */
export * from './common';
export * from './targets';
export * from './evasion';
export * from './poisoning';
export * from './privacy';
export * from './robust-training';
export * from './inputs';
export * from './models';
export * from './agents';
export * from './observations';
export * from './rewards';
export * from './control';
export * from './logs';
export * from './agent-defenses';
