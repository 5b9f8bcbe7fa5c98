/** The policy that a targeted poisoning of rewards wants on a grid, and the bounds within which it can be had. */
import type { Environment } from '../../contract/environment';
import { lines } from '../../contract/params';
import type { TargetBounds, TargetPolicy } from '../definitions';
import { livingStates, optimalValues } from '../rl/exact';
import { cellLines } from './cell-lines';

export const targetParams = {
  target: lines({
    holds: 'cell-actions',
    help: 'The action wanted in each cell, a line each: “6 = left”; “* = left” for all others. Unless given: in every cell the action worth least.',
  }),
};

/**
 * Of each state the wanted action, −1 where any will do.
 *
 * @throws RangeError, naming the line, for what is no policy: an unknown action, a cell twice, a cell without a choice
 */
function wantedActions(target: string[] | null, environment: Environment, values: Float64Array): Int32Array {
  const { n, names } = environment.actionSpace;
  const wanted = new Int32Array(values.length / n).fill(-1);
  const living = livingStates(environment);
  if (!target) {
    for (const state of living) {
      const row = values.subarray(state * n, (state + 1) * n);
      wanted[state] = row.indexOf(Math.min(...row));
    }
    return wanted;
  }
  const actionOf = (word: string, line: string): number => {
    const action = names.indexOf(word);
    if (action < 0)
      throw new RangeError(
        `target: “${line}” names the action “${word}”; expected one of ${names.join(', ')}`,
      );
    return action;
  };
  const given = cellLines('target', target, wanted.length, true).map(({ cell, value, line }) => ({
    cell,
    line,
    action: actionOf(value, line),
  }));
  for (const { cell, action } of given) if (cell === null) for (const state of living) wanted[state] = action;
  for (const { cell, action, line } of given) {
    if (cell === null) continue;
    if (!living.includes(cell))
      throw new RangeError(`target: “${line}” is of a cell in which no episode has an action to choose`);
    wanted[cell] = action;
  }
  return wanted;
}

/**
 * What it takes (Zhang et al. 2020). With G the largest gap by which some target state's best action exceeds the wanted one
 * in Q*: changes of at most Δ move Q* by at most Δ/(1 − γ), so that nothing teaches the whole target while Δ < (1 − γ)·G/2;
 * a fixed change of the rewards teaches it once Δ > (1 + γ)·G/2. In between lies what only an adaptive attack may reach.
 */
export function targetBounds(
  target: string[] | null,
  environment: Environment,
  discount: number,
): { bounds: TargetBounds; policy: TargetPolicy; values: Float64Array } {
  const values = optimalValues(environment, discount);
  const { n } = environment.actionSpace;
  const actions = wantedActions(target, environment, values);
  const gaps = Float64Array.from(actions, (action, state) =>
    action < 0 ? 0 : Math.max(...values.subarray(state * n, (state + 1) * n)) - values[state * n + action]!,
  );
  const gap = Math.max(...gaps);
  const bounds = { actions, gaps, safe: ((1 - discount) * gap) / 2, feasible: ((1 + discount) * gap) / 2 };
  const wanted = ([state]: Float32Array): number | null => (actions[state!]! < 0 ? null : actions[state!]!);
  return { bounds, policy: { wanted, bounds }, values };
}
