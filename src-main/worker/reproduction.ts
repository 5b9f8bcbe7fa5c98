/** Runs a recorded session's spec again and compares event by event. */
import { setImmediate } from 'node:timers/promises';
import { isControl, type RecordedEvent, type RunEvent } from '../contract/events';
import { run } from '../engine/run';
import type { Reproduction } from '../contract/reproduction';
import { causesOf, firstDifference, shown, type Provenance } from '../sessions/compare';
import type { SessionReader } from '../sessions/reader';
import type { Job } from './session-run';

/** Ends the engine's run early, when its outcome is known. */
class Decided extends Error {}

/**
 * Closes a remote model in the end.
 * @param provenance of this process, to name the likely causes of a difference
 * @param seen told of every event that was compared; `signal` stops the comparison with its reason
 */
export async function reproduce(
  session: SessionReader,
  { experiment, inputs }: Job,
  provenance: Provenance,
  signal: AbortSignal,
  seen: (recorded: RecordedEvent) => void,
): Promise<Reproduction> {
  const recorded = session.stream();
  const next = (): RecordedEvent | undefined => {
    for (let item = recorded.next(); !item.done; item = recorded.next())
      if (!isControl(item.value.event)) return item.value;
    return undefined;
  };
  const result: Reproduction = { identical: true, compared: 0, difference: null, causes: [] };
  let expected = next();
  const compare = (event: RunEvent) => {
    // An interrupted session ends before its run did.
    if (!expected) throw new Decided();
    const difference = firstDifference(expected.event, event);
    if (difference) {
      const { sequence, event: was } = expected;
      result.identical = false;
      result.difference = {
        ...{ sequence, type: was.type, path: difference.path },
        ...{ recorded: shown(difference.recorded), found: shown(difference.found) },
      };
      result.causes = causesOf(result.difference, session.header(), provenance);
      throw new Decided();
    }
    result.compared++;
    seen(expected);
    expected = next();
  };
  const start = performance.now();
  try {
    await run({
      experiment,
      inputs,
      resume: null,
      host: {
        signal,
        now: () => (performance.now() - start) / 1000,
        emit: compare,
        async breathe() {
          await setImmediate();
          signal.throwIfAborted();
        },
      },
    });
  } catch (error) {
    // A recorded run that failed fails again, after its last event.
    if (!(error instanceof Decided) && (signal.aborted || expected)) throw error;
  } finally {
    await inputs.remoteModel?.close();
  }
  return result;
}
