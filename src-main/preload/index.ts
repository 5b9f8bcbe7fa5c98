/** Exposes the lab's API to the page, and nothing else. */
import * as electron from 'electron';
import type { LabApi } from '../contract/lab-api';

const { contextBridge, ipcRenderer } = electron;

/** Since Electron 29; until 31 a File has its path with it. */
const { webUtils } = electron as { webUtils?: { getPathForFile(file: File): string } };

/** Where a dropped file lies; empty for one the page made up. */
const pathOf = (file: File): string =>
  webUtils?.getPathForFile(file) ?? (file as File & { path?: string }).path ?? '';

const api: LabApi = {
  call: (name, args) => ipcRenderer.invoke('lab:call', name, args),
  on(push, listener) {
    const channel = `lab:push:${push}`;
    const received = (_event: unknown, value: Parameters<typeof listener>[0]) => listener(value);
    ipcRenderer.on(channel, received);
    return () => ipcRenderer.removeListener(channel, received);
  },
  grantDropped: (files) => ipcRenderer.invoke('lab:grant-dropped', files.map(pathOf).filter(Boolean)),
};

contextBridge.exposeInMainWorld('lab', api);
