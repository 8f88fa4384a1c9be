import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { IDENTITY_HEADER, SecretSigner, signIdentity, type Side } from '../../edge/index.ts';
import { messageOf } from '../../shared/index.ts';
import { cliErrors } from '../errors.ts';

const headers = z.record(z.string().regex(/^[a-z0-9-]+$/, 'expected lower case'), z.string());

/** Who a recorded session is in a replay: what legacy is shown, and whose token the service is. */
const person = z.strictObject({ control: headers.default({}), subject: z.string().optional() });
const people = z.record(z.string(), person);

export interface SessionsOptions {
  /** JSON: `{"user-1": {"control": {"cookie": "…"}, "subject": "7"}, "*": …}`; nobody is anybody without it. */
  readonly path: string | undefined;
  readonly unit: string;
  readonly identityKey: string;
}

/** Maps recorded sessions to people of the side that is asked. Nothing of them is in a recording. */
export class Sessions {
  readonly #people: z.infer<typeof people>;
  readonly #unit: string;
  readonly #signer: SecretSigner;

  /** Throws RECORDING_INVALID for a file that is none. */
  constructor({ path, unit, identityKey }: SessionsOptions) {
    this.#people = path === undefined ? {} : readPeople(path);
    this.#unit = unit;
    this.#signer = new SecretSigner(identityKey);
  }

  headersFor(session: string | null, side: Side, nowMs: number): Readonly<Record<string, string>> {
    const found = session === null ? undefined : (this.#people[session] ?? this.#people['*']);
    if (!found) return {};
    if (side === 'legacy') return found.control;
    if (found.subject === undefined) return {};
    const identity = { sub: found.subject, kind: 'user' } as const;
    return { [IDENTITY_HEADER]: signIdentity(this.#signer, identity, this.#unit, nowMs) };
  }

  /** Sessions of which it does not know who they are. */
  unknown(sessions: Iterable<string | null>): string[] {
    if (this.#people['*']) return [];
    return [...new Set(sessions)].filter((one): one is string => one !== null && !this.#people[one]);
  }
}

function readPeople(path: string): z.infer<typeof people> {
  try {
    return people.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw cliErrors.error('RECORDING_INVALID', { message: `${path} maps no sessions: ${reason}` });
  }
}
