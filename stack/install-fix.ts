import { which } from './command.ts';

/** The one command that puts programs on a system: the first whose package manager is here, else the advice. */
export async function installFix(
  commands: Readonly<Record<string, string>>,
  otherwise: string,
  find: (program: string) => Promise<unknown> = which,
): Promise<string> {
  for (const [program, command] of Object.entries(commands))
    if ((await find(program)) !== undefined) return `run: ${command}`;
  return otherwise;
}
