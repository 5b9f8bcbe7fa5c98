/**
 * What the window may ask of main: the whole list, declared once. The gate in main validates every call against these
 * schemas, preload exposes them and nothing else, the renderer's `lab.ts` is typed by them.
 */
import { z } from 'zod';
import type { DuelFacts, DuelRival, DuelView } from './duel';
import type { Problem, RecordedEvent } from './events';
import type { ReproductionState } from './reproduction';
import type { ComparedSession, SavedComparison, SessionHeader, SessionRow, SessionStatus } from './session';
import type { DenseStretch } from './tape';

const id = z.string().min(1).max(200);
const path = z.string().min(1).max(4096);
const text = z.string().max(2_000_000);

const figure = z.string().max(40_000_000);
const figureName = z
  .string()
  .min(1)
  .max(150)
  .regex(/^[\w .-]+$/);

/** Arguments of each call. Results are typed in LabResults. */
export const labCalls = {
  /** Built-in bouts, from `examples/`. */
  bouts: z.tuple([]),
  /** Recorded sessions that come with the app: to be read like those of the library, never changed. */
  shippedSessions: z.tuple([]),
  /** Checks the text, asks for missing grants, queues the run. `name` is what the user knows the text by. */
  startRun: z.tuple([z.object({ text, name: z.string().max(200) })]),
  pauseRun: z.tuple([id]),
  continueRun: z.tuple([id]),
  stopRun: z.tuple([id]),
  /** Takes up a stopped, failed or interrupted session from its last checkpoint. */
  resumeSession: z.tuple([id]),
  sessions: z.tuple([]),
  /**
   * Header, and recorded events with a sequence number above `after`, in order, at most `limit`; go on until the last
   * one has the number `last`. Trained weights and checkpoint states come as `{}`, here and in `run-events`: no view
   * shows them. A queued run can be opened too: it has no events yet.
   */
  openSession: z.tuple([z.object({ id, after: z.int().min(0), limit: z.int().min(1).max(20000) })]),
  /** Of a long session the landmarks and a sample of the rest, so that it is shown at once: see `tape.ts`. */
  openTape: z.tuple([id]),
  /** The dense events among `limit` events behind `after`. */
  readDense: z.tuple([z.object({ id, after: z.int().min(0), limit: z.int().min(1).max(100_000) })]),
  /** What a comparison needs of one session: results and curves, images and episodes left out. */
  comparedSession: z.tuple([id]),
  comparisons: z.tuple([]),
  /** Replaces all. */
  saveComparisons: z.tuple([
    z
      .array(
        z.object({
          name: z.string().min(1).max(120),
          sessions: z.array(id).min(1).max(100),
          reference: z.string().max(20_000).nullable(),
        }),
      )
      .max(200),
  ]),
  /** Runs a recorded session again in a process of its own and compares; `reproduction` tells how it goes. */
  reproduceSession: z.tuple([id]),
  stopReproduction: z.tuple([]),
  /** Keeps tags and notes in the session's file. */
  describeSession: z.tuple([
    z.object({
      id,
      tags: z.array(z.string().min(1).max(40)).max(20),
      notes: z.string().max(20_000),
    }),
  ]),
  renameSession: z.tuple([z.object({ id, name: z.string().min(1).max(120) })]),
  /** Moves the session aside; `undeleteSession` brings it back while the app runs, then it goes to the system's trash. */
  deleteSession: z.tuple([id]),
  undeleteSession: z.tuple([id]),
  revealSession: z.tuple([id]),
  /** Asks where to, then writes. Result: the path, or null when the user cancelled. */
  exportSession: z.tuple([z.object({ id, format: z.string().max(40) })]),
  /** Asks where to, then writes a figure or its numbers: `data` is text, of a PNG base64. Result as of `exportSession`. */
  saveFigure: z.tuple([
    z.discriminatedUnion('format', [
      z.object({ format: z.literal('svg'), name: figureName, data: figure.regex(/^<svg[\s>]/) }),
      // Every PNG begins with the same eight bytes.
      z.object({
        format: z.literal('png'),
        name: figureName,
        data: figure.regex(/^iVBORw0KGg[A-Za-z0-9+/=]*$/),
      }),
      z.object({
        format: z.literal('pdf'),
        name: figureName,
        /** The SVG that is printed, and the size of the sheet in millimetres. */
        data: figure.regex(/^<svg[\s>]/),
        paper: z.object({ width: z.number().min(10).max(2000), height: z.number().min(10).max(2000) }),
      }),
      z.object({ format: z.literal('csv'), name: figureName, data: figure }),
      z.object({ format: z.literal('tex'), name: figureName, data: figure }),
    ]),
  ]),
  /**
   * Begins a duel with an agent of a session, in a process of its own; an earlier one is over. One at a time, ended after
   * ten minutes without a turn.
   */
  beginDuel: z.tuple([
    z.object({
      id,
      arm: z.int().min(0).max(1e6),
      attack: z.int().min(0).max(1e6).nullable(),
      budget: z.number().min(0).max(1000),
      episode: z.int().min(0).max(1e9),
    }),
  ]),
  duelTurn: z.tuple([z.object({ wanted: z.array(z.number()).min(1).max(64), advance: z.boolean() })]),
  /** What attacks do from the same start; takes seconds, during which turns are answered. */
  duelRivals: z.tuple([]),
  endDuel: z.tuple([]),
  /** Asks for an experiment file. */
  openExperiment: z.tuple([]),
  /** Experiment files opened or saved last. */
  recent: z.tuple([]),
  openRecent: z.tuple([path]),
  /** A file that was dropped on the window, and is granted by that. */
  openDropped: z.tuple([path]),
  /** Copies a dropped session into the library. Result: its id there. */
  importSession: z.tuple([path]),
  saveExperiment: z.tuple([z.object({ text, name: z.string().max(200) })]),
  /** Asks for a file or folder and grants it. */
  chooseGrant: z.tuple([z.object({ what: z.enum(['file', 'folder']) })]),
  grants: z.tuple([]),
  withdrawGrant: z.tuple([z.string().max(4096)]),
  settings: z.tuple([]),
  setTheme: z.tuple([z.enum(['system', 'light', 'dark'])]),
  about: z.tuple([]),
} satisfies Record<string, z.ZodTuple>;

export type LabCall = keyof typeof labCalls;

export interface Bout {
  id: string;
  name: string;
  description: string;
  text: string;
}

export interface ExperimentFile {
  /** What the user knows it by. */
  name: string;
  text: string;
}

export interface RecentFile {
  path: string;
  name: string;
}

export interface Settings {
  theme: 'system' | 'light' | 'dark';
  /** What `system` means at the moment. */
  dark: boolean;
}

export interface About {
  sparring: string;
  electron: string;
  chrome: string;
  node: string;
  /** Whether the renderer sandbox is off because the app runs as root. */
  noSandbox: boolean;
  libraryFolder: string;
}

/** A run the host knows of: queued, at work or just ended. Its id is its session's id. */
export interface RunRow {
  id: string;
  name: string;
  status: SessionStatus;
  /** Why it ended, where it did not end by itself. */
  problem: Problem | null;
}

export type StartResult = { ok: true; id: string } | { ok: false; problems: Problem[] };

export interface LabResults {
  bouts: Bout[];
  shippedSessions: SessionRow[];
  startRun: StartResult;
  pauseRun: void;
  continueRun: void;
  stopRun: void;
  resumeSession: StartResult;
  sessions: SessionRow[];
  openSession: { header: SessionHeader; status: SessionStatus; events: RecordedEvent[]; last: number };
  openTape: { landmarks: RecordedEvent[]; sample: DenseStretch };
  readDense: DenseStretch;
  comparedSession: ComparedSession;
  comparisons: SavedComparison[];
  saveComparisons: void;
  reproduceSession: StartResult;
  stopReproduction: void;
  describeSession: void;
  renameSession: void;
  deleteSession: void;
  undeleteSession: void;
  revealSession: void;
  exportSession: string | null;
  saveFigure: string | null;
  beginDuel: DuelFacts;
  duelTurn: DuelView;
  duelRivals: DuelRival[];
  endDuel: void;
  openExperiment: ExperimentFile | null;
  recent: RecentFile[];
  openRecent: ExperimentFile;
  openDropped: ExperimentFile;
  importSession: string;
  saveExperiment: string | null;
  chooseGrant: string | null;
  grants: string[];
  withdrawGrant: void;
  settings: Settings;
  setTheme: Settings;
  about: About;
}

/** What main tells the window unasked. */
export interface LabPushes {
  /**
   * New events of a session that is being written, batched at 30 to 60 Hz. Of several `progress` events in a batch only
   * the last comes, so numbers may be left out.
   */
  'run-events': { id: string; events: RecordedEvent[] };
  runs: RunRow[];
  /** A session that is run again, or was. */
  reproduction: ReproductionState;
  /** The library changed: list it anew. */
  'sessions-changed': null;
  settings: Settings;
  /** An experiment file chosen in the menu. */
  'experiment-opened': ExperimentFile;
  /** A menu item or shortcut: go there, do that. */
  command:
    | 'new-experiment'
    | 'open-experiment'
    | 'save-experiment'
    | 'sessions'
    | 'live'
    | 'about'
    | 'guide'
    | 'commands';
}

/** Every call answers with this, so that an error keeps its place and remedy on the way. */
export type Answer<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** `window.lab`, as preload exposes it. */
export interface LabApi {
  call<C extends LabCall>(name: C, args: z.input<(typeof labCalls)[C]>): Promise<Answer<LabResults[C]>>;
  on<P extends keyof LabPushes>(push: P, listener: (value: LabPushes[P]) => void): () => void;
  /** Grants the files and folders the user dropped on the window; answers their paths. */
  grantDropped(files: File[]): Promise<Answer<string[]>>;
}
