/** The command line: one command a file in `commands/`. */
import { Command } from 'commander';
import { version } from '../../package.json';
import { answerTo, EXIT } from './answer';
import { defineCompare } from './commands/compare';
import { defineEnv } from './commands/env';
import { defineExport } from './commands/export';
import { defineList } from './commands/list';
import { defineReproduce } from './commands/reproduce';
import { defineResume } from './commands/resume';
import { defineRun } from './commands/run';
import { defineSchema } from './commands/schema';
import { defineShow } from './commands/show';

/** Runs one command; resolves to its exit code: 0 done, 1 the run failed, 2 the input was refused, 130 interrupted. */
export async function runProgram(args: string[]): Promise<number> {
  let code: number = EXIT.done;
  const exit = (value: number) => (code = value);
  const program = new Command('sparring')
    .description('The lab for adversarial learning: pit attacks against defences, record it, reproduce it.')
    .version(version)
    .showHelpAfterError('“sparring help” lists the commands, “sparring help COMMAND” its options.')
    .exitOverride();
  defineRun(program, exit);
  defineResume(program, exit);
  defineShow(program);
  defineCompare(program);
  defineReproduce(program, exit);
  defineExport(program);
  defineList(program);
  defineSchema(program);
  defineEnv(program);
  try {
    // Commander would take Electron's own arguments into account.
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return answerTo(error);
  }
}
