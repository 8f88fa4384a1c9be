import { hash } from 'node:crypto';
import { z } from 'zod';
import { describeProblems, messageOf, WatchedFile, type Clock, type Log } from '../../shared/index.ts';
import type { Caller } from './caller.ts';
import type { Callers } from './callers.ts';
import { LATE, type Credentials, type IdentityWay, type Verdict } from './identity-way.ts';

export interface ApiKeyOptions {
  /** Lower case. */
  readonly header: string;
  /** `{"keys":[{"id","sha256","tenant"?,"expires"?}]}`, watched. */
  readonly file: string;
}

export interface ApiKeyWayParts {
  readonly options: ApiKeyOptions;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly log: Log;
  readonly refused: (reason: string) => void;
}

const keyFile = z.strictObject({
  keys: z.array(
    z.strictObject({
      id: z.string().regex(/^[\w.-]{1,100}$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/i),
      tenant: z.string().min(1).optional(),
      expires: z.iso.datetime().optional(),
    }),
  ),
});

interface Key {
  readonly caller: Caller;
  readonly untilMs: number;
}

/**
 * Keys of machines, known by their hashes. The file is read again when it changes; one that cannot be read changes
 * nothing. Until it was read once, nothing is known of a key.
 */
export class ApiKeyWay implements IdentityWay {
  readonly #parts: ApiKeyWayParts;
  readonly #file: WatchedFile;
  #keys: ReadonlyMap<string, Key> | undefined;
  #seen: string | undefined;

  constructor(parts: ApiKeyWayParts) {
    this.#parts = parts;
    this.#file = new WatchedFile(parts.options.file, (text) => this.#take(text));
  }

  identify({ headers }: Credentials): Verdict {
    const value = headers.value(this.#parts.options.header);
    if (value === undefined || value === '') return undefined;
    if (this.#keys === undefined) return LATE;
    const key = this.#keys.get(hash('sha256', value, 'hex'));
    if (key && key.untilMs > this.#parts.clock.now()) return key.caller;
    this.#parts.refused(key ? 'expired' : 'unknown-key');
    return undefined;
  }

  start(): Promise<void> {
    return this.#file.start();
  }

  stop(): Promise<void> {
    return this.#file.stop();
  }

  #take(text = '{"keys":[]}'): void {
    if (text === this.#seen) return;
    this.#seen = text;
    const { log, options } = this.#parts;
    try {
      this.#keys = new Map(parse(text, options.file).map((key) => [key.sha256.toLowerCase(), this.#keyOf(key)]));
      log.info({ file: options.file, keys: this.#keys.size }, 'API keys read');
    } catch (error) {
      log.error({ file: options.file, problem: messageOf(error) }, 'API keys refused, the last good ones stay');
    }
  }

  #keyOf({ id, tenant, expires }: z.infer<typeof keyFile>['keys'][number]): Key {
    const caller = this.#parts.callers.identified({ kind: 'api-key', id, ...(tenant === undefined ? {} : { tenant }) });
    if (!caller) throw new RangeError(`the key "${id}" has an id or tenant that cannot be one`);
    return { caller, untilMs: expires === undefined ? Infinity : Date.parse(expires) };
  }
}

/** Without quoting the file. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('it is no JSON');
  }
}

function parse(text: string, file: string): z.infer<typeof keyFile>['keys'] {
  const parsed = keyFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.keys;
  const problems = parsed.error.issues.map(({ path, message }) => ({
    subject: `${file}: ${path.join('.')}`,
    value: 'not usable',
    expected: message,
    fix: 'correct the file',
  }));
  throw new Error(describeProblems(problems));
}
