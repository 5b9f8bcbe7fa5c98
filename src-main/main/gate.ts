/** The one gate between window and main: only our page gets through, and only with valid arguments. */
import { ipcMain, type IpcMainInvokeEvent } from 'electron';
import { z } from 'zod';
import type { Answer, LabCall, LabResults } from '../contract/lab-api';
import { LabError, problemFrom } from '../contract/problem';
import { checkedCall, type CallArguments } from './checked-call';
import { pageOrigin } from './page';
import { originOf } from './page-files';

/** What main does for each call of the window. */
export type LabHandlers = {
  [C in LabCall]: (...args: CallArguments<C>) => LabResults[C] | Promise<LabResults[C]>;
};

const droppedPaths = z.array(z.string().min(1).max(4096)).max(100);

export function setUpGate(handlers: LabHandlers, grantDropped: (paths: string[]) => string[]): void {
  ipcMain.handle('lab:call', (event, name: unknown, args: unknown) =>
    answer(event, () => {
      const call = checkedCall(name, args);
      if (!call.ok) throw new LabError(call.problem.place, call.problem.message, call.problem.remedy);
      // The arguments were checked against this very call's schema.
      return (handlers[call.name] as (...args: unknown[]) => unknown)(...call.args);
    }),
  );
  // Not among the calls: preload alone knows the paths of dropped files, the page cannot make them up.
  ipcMain.handle('lab:grant-dropped', (event, paths: unknown) =>
    answer(event, () => grantDropped(droppedPaths.parse(paths))),
  );
}

async function answer<T>(event: IpcMainInvokeEvent, work: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    const frame = event.senderFrame;
    // A frame that is gone is null in newer versions of Electron.
    if (!frame || frame.parent !== null || originOf(frame.url) !== pageOrigin) {
      throw new LabError('window', 'this page may not call the lab');
    }
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, problem: problemFrom(error, 'Sparring') };
  }
}
