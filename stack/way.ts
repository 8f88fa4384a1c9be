import { messageOf } from '../shared/index.ts';
import { stackErrors } from './errors.ts';
import { installFix } from './install-fix.ts';

/** One way of getting a program. `obtain` answers why it cannot, in words for the person who reads the message. */
export interface Way<Program, Name extends string = string> {
  readonly name: Name;
  obtain(cache: string): Promise<Program | Unavailable>;
}

export interface Unavailable {
  readonly unavailable: string;
}

/** What to say when no way works. */
export interface Wanted {
  readonly title: string;
  /** The install command for each package manager. */
  readonly installers: Readonly<Record<string, string>>;
  readonly otherwise: string;
}

/** Tries the ways in turn; when none works the error says for each why not, and what to run. */
export async function firstThatWorks<Program>(
  ways: readonly Way<Program>[],
  cache: string,
  wanted: Wanted,
): Promise<Program> {
  const reasons: string[] = [];
  for (const way of ways) {
    const outcome = await attempt(way, cache);
    if ('program' in outcome) return outcome.program;
    reasons.push(`${way.name}: ${outcome.unavailable}`);
  }
  throw stackErrors.error('STACK_PROGRAM_MISSING', {
    message: `${wanted.title} was not found and could not be got.\n${reasons.join('\n')}`,
    fix: await installFix(wanted.installers, wanted.otherwise),
  });
}

type Outcome<Program> = { readonly program: Program } | Unavailable;

function attempt<Program>(way: Way<Program>, cache: string): Promise<Outcome<Program>> {
  return way.obtain(cache).then(
    (found) => (isUnavailable(found) ? found : { program: found }),
    (error: unknown) => ({ unavailable: messageOf(error) }),
  );
}

function isUnavailable(found: unknown): found is Unavailable {
  return typeof found === 'object' && found !== null && 'unavailable' in found;
}
