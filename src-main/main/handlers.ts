/** What main does for each call of the window. */
import { basename, extname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { app, shell } from 'electron';
import { version as sparring } from '../../package.json';
import { bouts } from '../contract/bouts';
import { find } from '../contract/catalog';
import { catalog } from '../contract/catalog-data';
import type { RecordedEvent, RunEvent } from '../contract/events';
import { parseExperiment, pathsOf, type Experiment, type Parsed } from '../contract/experiment';
import { experimentFromText } from '../contract/experiment-text';
import type { StartResult } from '../contract/lab-api';
import { LabError } from '../contract/problem';
import type { SavedComparison } from '../contract/session';
import { withSession } from '../sessions/reader';
import type { Library } from '../sessions/library';
import { grantsOf } from '../sessions/grants';
import { shippedSessions } from '../sessions/shipped';
import { writeWhole } from '../sessions/whole-file';
import { createSession } from '../sessions/writer';
import type { Dialogs } from './dialogs';
import type { DuelHost } from './duel-host';
import type { EngineHost } from './engine-host';
import type { LabHandlers } from './gate';
import { readExperiment } from './experiment-files';
import type { GrantStore } from './grant-store';
import { unstarted } from './provenance';
import type { RecentFiles } from './recent';
import { figurePdf } from './print';
import type { JsonFile } from './json-file';
import type { Reproducer } from './reproducer';
import type { SettingsStore } from './settings';

export interface Lab {
  library: Library;
  host: EngineHost;
  duels: DuelHost;
  reproducer: Reproducer;
  comparisons: JsonFile<SavedComparison[]>;
  grants: GrantStore;
  recent: RecentFiles;
  settings: SettingsStore;
  dialogs: Dialogs;
  sessionsChanged(): void;
}

const EXPERIMENT_FILES = [{ name: 'Experiment', extensions: ['yaml', 'yml', 'json'] }];

/** Writes what the user chose a place for, and gives the place. */
function written(path: string, data: string | Uint8Array): string {
  writeWhole(path, data);
  return path;
}

/** What the fold makes results of. */
const RESULT_EVENTS: RunEvent['type'][] = [
  'run-started',
  'data-loaded',
  'trained',
  'evaluation',
  'corruption',
  'certified',
  'triggered',
  'suspects',
  'check',
  'arm-finished',
];

/** How many events are read before other work is let through: a few milliseconds of it. */
const PAGE = 200;

/** Dense events a long session is shown by until all are read. */
const SAMPLE = 4000;

export function labHandlers({
  library,
  host,
  duels,
  reproducer,
  comparisons,
  grants,
  recent,
  settings,
  dialogs,
  sessionsChanged,
}: Lab): LabHandlers {
  /** Problems that keep an experiment from running, missing grants included; the user is asked for those. */
  const admitted = async (
    parsed: Parsed,
  ): Promise<{ ok: true; experiment: Experiment } | (StartResult & { ok: false })> => {
    if (!parsed.ok) return parsed;
    const problems = await grants.ensure(pathsOf(parsed.experiment, catalog), (named) =>
      dialogs.allow(named),
    );
    return problems.length ? { ok: false, problems } : parsed;
  };
  const enqueue = (file: string, id: string, name: string): StartResult => {
    host.enqueue({ id, name, file, grants: grants.list() });
    sessionsChanged();
    return { ok: true, id };
  };
  const refuseActive = (id: string) => {
    if (host.active(id))
      throw new LabError(id, 'this session is in the queue or running', 'Stop its run first.');
  };

  const opened = async (path: string) => {
    const file = await readExperiment(path);
    recent.add(path);
    return file;
  };
  /** Preload granted what was dropped; the page cannot name other paths. */
  const refuseUngranted = (path: string) => {
    if (!grantsOf(grants.list()).allows(path))
      throw new LabError(path, 'this file was not granted', 'Drop it on the window.');
  };

  return {
    bouts: () => bouts,
    shippedSessions: () => shippedSessions(),

    async startRun({ text, name }) {
      const answer = await admitted(experimentFromText(text, name, catalog));
      if (!answer.ok) return answer;
      const { experiment } = answer;
      const { session } = experiment.forkedFrom ?? {};
      // Told at once, not when the run has its turn.
      if (session) library.find(session);
      const now = new Date();
      const file = library.newFile(experiment.name, now);
      const id = basename(file, extname(file));
      createSession(file, {
        id,
        name: experiment.name,
        source: text,
        spec: experiment,
        createdAt: now.getTime(),
        ...unstarted(),
      });
      return enqueue(file, id, experiment.name);
    },
    pauseRun: (id) => host.pause(id),
    continueRun: (id) => host.continue(id),
    stopRun: (id) => host.stop(id),

    async resumeSession(id) {
      refuseActive(id);
      const file = library.fileOf(id);
      const { name, spec, status } = withSession(file, (session) => ({
        ...session.header(),
        status: session.status(),
      }));
      if (status === 'done')
        throw new LabError(name, 'this run is finished', 'Start the experiment anew to run it again.');
      const answer = await admitted(parseExperiment(spec, catalog));
      return answer.ok ? enqueue(file, id, name) : answer;
    },

    async sessions() {
      const rows = await library.list();
      return rows.map((row) => ({ ...row, status: host.active(row.id)?.status ?? row.status }));
    },
    async openSession({ id, after, limit }) {
      const file = library.readable(id);
      const events: RecordedEvent[] = [];
      for (;;) {
        const page = withSession(file, (session) =>
          session.events({
            after: after + events.length,
            limit: Math.min(PAGE, limit - events.length),
            light: true,
          }),
        );
        events.push(...page);
        if (page.length === 0 || events.length >= limit) break;
        await setImmediate();
      }
      return withSession(file, (session) => ({
        header: session.header(),
        status: host.active(id)?.status ?? session.status(),
        events,
        last: session.last(),
      }));
    },
    async openTape(id) {
      const file = library.readable(id);
      const sample = withSession(file, (session) =>
        session.sample({ count: SAMPLE, through: session.last() }),
      );
      const { through } = sample;
      const landmarks: RecordedEvent[] = [];
      for (;;) {
        const after = landmarks.at(-1)?.sequence ?? 0;
        const page = withSession(file, (session) => session.landmarks({ after, through, limit: PAGE }));
        landmarks.push(...page);
        if (page.length < PAGE) return { landmarks, sample };
        await setImmediate();
      }
    },
    readDense: ({ id, ...stretch }) => withSession(library.readable(id), (session) => session.dense(stretch)),
    comparedSession(id) {
      const file = library.readable(id);
      return withSession(file, (session) => ({
        id,
        header: session.header(),
        status: host.active(id)?.status ?? session.status(),
        events: session.eventsOf(RESULT_EVENTS),
        curves: session.curves(),
      }));
    },
    comparisons: () => comparisons.read(),
    saveComparisons: (all) => comparisons.write(all),
    async reproduceSession(id) {
      refuseActive(id);
      const file = library.readable(id);
      const { spec, events } = withSession(file, (session) => ({
        ...session.header(),
        events: session.last(),
      }));
      if (events === 0) throw new LabError(id, 'nothing was recorded yet', 'Run it first.');
      const answer = await admitted(parseExperiment(spec, catalog));
      if (!answer.ok) return answer;
      reproducer.start({ id, file, events, grants: grants.list() });
      return { ok: true, id };
    },
    stopReproduction: () => reproducer.stop(),
    describeSession({ id, ...said }) {
      library.describe(id, said);
      sessionsChanged();
    },
    renameSession({ id, name }) {
      library.rename(id, name);
      sessionsChanged();
    },
    deleteSession(id) {
      refuseActive(id);
      library.delete(id);
      sessionsChanged();
    },
    undeleteSession(id) {
      library.undelete(id);
      sessionsChanged();
    },
    revealSession: (id) => shell.showItemInFolder(library.readable(id)),
    async exportSession({ id, format }) {
      const exporter = find(catalog, 'exporter', format);
      if (!exporter) throw new LabError(format, 'there is no such export format');
      const file = library.readable(id);
      const out = await dialogs.save({
        title: `Export as ${exporter.title}`,
        defaultPath: basename(file, extname(file)) + (exporter.extension || `-${exporter.id}`),
        ...(exporter.extension
          ? { filters: [{ name: exporter.title, extensions: [exporter.extension.slice(1)] }] }
          : {}),
      });
      return out && host.export(file, format, out);
    },

    async saveFigure(figure) {
      const { format, name, data } = figure;
      const path = await dialogs.save({
        title: 'Export figure',
        defaultPath: `${name}.${format}`,
        filters: [{ name: format.toUpperCase(), extensions: [format] }],
      });
      if (!path) return null;
      if (figure.format === 'pdf') return written(path, await figurePdf(data, figure.paper));
      return written(path, format === 'png' ? Buffer.from(data, 'base64') : data);
    },
    beginDuel: ({ id, ...choice }) => duels.ask('begin', { file: library.readable(id), choice }),
    duelTurn: (turn) => duels.ask('turn', turn),
    duelRivals: () => duels.ask('rivals', null),
    endDuel: () => duels.end(),

    async openExperiment() {
      const path = await dialogs.open({
        title: 'Open experiment',
        filters: EXPERIMENT_FILES,
        properties: ['openFile'],
      });
      if (!path) return null;
      return opened(path);
    },
    recent: () => recent.list(),
    async openRecent(path) {
      if (!recent.list().some((file) => file.path === path))
        throw new LabError(path, 'this is none of the recent files', 'Open it by the dialog.');
      try {
        return await opened(path);
      } catch (error) {
        recent.remove(path);
        throw error;
      }
    },
    openDropped(path) {
      refuseUngranted(path);
      return opened(path);
    },
    importSession(path) {
      refuseUngranted(path);
      const id = library.import(path);
      sessionsChanged();
      return id;
    },
    async saveExperiment({ text, name }) {
      const path = await dialogs.save({
        title: 'Save experiment',
        defaultPath: `${name.replace(/\.(ya?ml|json)$/, '')}.yaml`,
        filters: EXPERIMENT_FILES,
      });
      if (path) recent.add(path);
      return path && written(path, text);
    },

    async chooseGrant({ what }) {
      const path = await dialogs.open({ properties: [what === 'file' ? 'openFile' : 'openDirectory'] });
      return path && grants.grant(path);
    },
    grants: () => grants.list(),
    withdrawGrant: (path) => grants.withdraw(path),
    settings: () => settings.current(),
    setTheme: (theme) => settings.setTheme(theme),
    about: () => ({
      sparring,
      electron: process.versions.electron,
      chrome: process.versions.chrome,
      node: process.versions.node,
      noSandbox: app.commandLine.hasSwitch('no-sandbox'),
      libraryFolder: library.folder,
    }),
  };
}
