/** A session as `sparring show --json` prints it. */
import type { Experiment } from '../contract/experiment';
import { fold, initialState, type RunState } from '../contract/fold';
import type { SessionStatus } from '../contract/session';
import { summarize } from '../contract/summary';
import type { SessionReader } from './reader';

/** The state that the recorded events fold to. */
export function stateOf(session: SessionReader): RunState {
  let state = initialState();
  for (const recorded of session.stream({ light: true })) state = fold(state, recorded);
  return state;
}

export type Shown = { name: string; spec: Experiment; status: SessionStatus } & ReturnType<typeof summarize>;

export function show(session: SessionReader): Shown {
  const { name, spec } = session.header();
  return { name, spec, status: session.status(), ...summarize(stateOf(session)) };
}
