/** Every shortcut, once: the keyboard, the overview and the command palette go by this list. */
import type { CommandName } from './commands';

export interface Shortcut {
  /** As they are written for people. */
  keys: string[];
  does: string;
  /** What it does in the view that is shown. */
  command?: CommandName;
  /** A key without Ctrl, as the keyboard tells it; those with Ctrl are handled by the shell. */
  key?: string;
}

export const SHORTCUTS: Shortcut[] = [
  { keys: ['Ctrl+K'], does: 'All commands' },
  {
    keys: ['1', '2', '3', '4', '5', '6', 'G'],
    does: 'New, run, trade-off, compare, sessions, settings, guide',
  },
  { keys: ['Ctrl+N'], does: 'New experiment' },
  { keys: ['Ctrl+O'], does: 'Open an experiment file', command: 'open' },
  { keys: ['Ctrl+S'], does: 'Save the experiment as a file', command: 'save' },
  { keys: ['Ctrl+Z'], does: 'Undo an edit of the experiment', command: 'undo' },
  { keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], does: 'Redo it', command: 'redo' },
  { keys: ['Ctrl+Enter'], does: 'Start the experiment', command: 'start' },
  {
    keys: ['Space'],
    does: 'Play or pause the episode shown; without one, pause or continue the run',
    command: 'playPause',
  },
  { keys: ['P'], does: 'Play or pause the session', command: 'playSession', key: 'p' },
  { keys: ['←'], does: 'One event back', command: 'stepBack', key: 'ArrowLeft' },
  { keys: ['→'], does: 'One event on', command: 'stepForward', key: 'ArrowRight' },
  { keys: ['['], does: 'To the mark before', command: 'previousMark', key: '[' },
  { keys: [']'], does: 'To the next mark', command: 'nextMark', key: ']' },
  { keys: ['Home'], does: 'To the session’s beginning', command: 'toBegin', key: 'Home' },
  { keys: ['End'], does: 'To its end, and on with what is added', command: 'toEnd', key: 'End' },
  { keys: ['F'], does: 'Fork a new run from here', command: 'fork', key: 'f' },
  { keys: ['↑', '↓'], does: 'In the list of sessions: the row above, below' },
  { keys: ['Ctrl++', 'Ctrl+-', 'Ctrl+0'], does: 'Larger, smaller, as it was' },
  { keys: ['?'], does: 'This overview' },
];
