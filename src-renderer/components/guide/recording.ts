/** A recorded session that is read beside the one that is open, to its end. */
import { onMounted, shallowRef, type ShallowRef } from 'vue';
import { initialState, type RunState } from '../../../src-main/contract/fold';
import { ask } from '../../lab';
import { Tape } from '../../stores/tape';
import { attempt } from '../notify';

const PAGE = 5000;

export interface Recording {
  id: string;
  name: string;
  state: RunState;
}

export const noRecording: Recording = { id: '', name: '', state: initialState() };

async function read(id: string, name: string): Promise<Recording> {
  const tape = new Tape();
  for (;;) {
    const { events, last } = await ask('openSession', { id, after: tape.last, limit: PAGE });
    tape.take(events);
    if (events.length === 0 || tape.last >= last) break;
  }
  tape.seek(tape.last);
  return { id, name, state: tape.state };
}

/** The sessions that come with the app, by name; empty until they are read. */
export function useShipped(): ShallowRef<ReadonlyMap<string, Recording>> {
  const recordings = shallowRef<ReadonlyMap<string, Recording>>(new Map());
  onMounted(() =>
    attempt(async () => {
      const rows = (await ask('shippedSessions')).filter(({ problem }) => problem === null);
      const all = await Promise.all(rows.map(({ id, name }) => read(id, name)));
      recordings.value = new Map(all.map((one) => [one.name, one]));
    }),
  );
  return recordings;
}
