import { runProgram } from './program.ts';

/** The operator at a terminal: every change goes through the command line, as a person would do it. */
export interface Operator {
  /** Runs a command and answers its JSON. Throws with what the command said when it fails. */
  run<T = unknown>(...args: string[]): Promise<T>;
  /** Runs a command that may be refused. */
  attempt(...args: string[]): Promise<{ exitCode: number; output: string; json: unknown }>;
}

export function createOperator(
  env: Readonly<Record<string, string>>,
  onCommand: (args: readonly string[]) => void = () => undefined,
): Operator {
  const attempt: Operator['attempt'] = async (...args) => {
    onCommand(args);
    const { exitCode, output, stdout } = await runProgram({ args: ['cli/banyan.mjs', '--json', ...args], env });
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    return { exitCode, output, json: last.startsWith('{') ? JSON.parse(last) : undefined };
  };
  const run = async <T>(...args: string[]): Promise<T> => {
    const { exitCode, output, json } = await attempt(...args);
    if (exitCode !== 0) throw new Error(`banyan ${args.join(' ')} ended with ${exitCode}: ${output}`);
    return json as T;
  };
  return { run, attempt };
}
