/**
 * What menu items and shortcuts do depends on the view that is shown: a view registers its commands while it is
 * mounted, the shell calls them by name.
 */
import { onBeforeUnmount } from 'vue';

export type CommandName =
  | 'start'
  | 'open'
  | 'save'
  | 'undo'
  | 'redo'
  | 'playPause'
  | 'playSession'
  | 'stepBack'
  | 'stepForward'
  | 'previousMark'
  | 'nextMark'
  | 'toBegin'
  | 'toEnd'
  | 'fork';
export type Commands = Partial<Record<CommandName, () => unknown>>;

const registered: Commands[] = [];

export function useCommands(commands: Commands): void {
  registered.push(commands);
  onBeforeUnmount(() => registered.splice(registered.indexOf(commands), 1));
}

/** Set-up runs from the outside in, so the innermost component that knows the command takes it. Answers whether one did. */
export function runCommand(name: CommandName): boolean {
  const command = registered.filter((commands) => commands[name]).at(-1)?.[name];
  command?.();
  return command !== undefined;
}
