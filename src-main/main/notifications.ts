/** Tells of the end of a long run when nobody is looking. */
import { Notification } from 'electron';
import type { RunRow } from '../contract/lab-api';

/** A run shorter than this was watched, in seconds. */
const LONG = 30;

const ENDS: Partial<Record<RunRow['status'], string>> = {
  done: 'The run is done.',
  failed: 'The run failed.',
  interrupted: 'The run was interrupted. It can be resumed.',
};

export function notifyOfEnd({ name, status, problem }: RunRow, seconds: number, clicked: () => void): void {
  const body = ENDS[status];
  if (!body || seconds < LONG || !Notification.isSupported()) return;
  const notification = new Notification({ title: name, body: problem ? `${body} ${problem.message}` : body });
  notification.on('click', clicked);
  notification.show();
}
