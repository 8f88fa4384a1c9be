import { existsSync } from 'node:fs';
import type { CheckItem } from '../cdc/index.ts';
import type { Subjects } from '../cutover/index.ts';
import { messageOf } from '../shared/index.ts';

type Way = Subjects['ways'][number];
type Of<W extends Way['way']> = Extract<Way, { way: W }>;

const TIMEOUT_MS = 5_000;

/** What the ways to tell who calls need from outside, asked as an edge asks it and without anybody's credentials. */
export async function checkSubjects({ ways }: Subjects, secret: string): Promise<CheckItem[]> {
  const found = await Promise.all(ways.map((way) => checkWay(way, secret)));
  return found.flat();
}

async function checkWay(way: Way, secret: string): Promise<CheckItem[]> {
  if (way.way === 'jwt') return [await checkKeys(way)];
  if (way.way === 'api-key') return [checkFile(way)];
  const signed = way.format === 'signed-user-id' ? [checkSecret(way, secret)] : [];
  return way.introspection ? [...signed, await checkIntrospection(way.introspection)] : signed;
}

function checkSecret({ cookie }: Of<'session'>, secret: string): CheckItem {
  const subject = `session cookie ${cookie}`;
  const item = { subject, expected: 'the secret legacy signs it with', fix: 'set SESSION_SECRET' };
  return {
    verdict: secret === '' ? 'problem' : 'ok',
    value: secret === '' ? 'without a secret' : 'with a secret',
    ...item,
  };
}

async function checkKeys({ issuer, jwks }: Of<'jwt'>): Promise<CheckItem> {
  const item = { subject: `keys of ${issuer}`, expected: 'a JWK Set with a key', fix: `repair ${jwks}` };
  return checked(item, async () => {
    const answer = await fetch(jwks, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    const { keys } = (await answer.json()) as { keys?: unknown[] };
    const count = Array.isArray(keys) ? keys.length : 0;
    return { value: `${count} key(s), status ${answer.status}`, isRight: answer.ok && count > 0 };
  });
}

function checkFile({ header, file }: Of<'api-key'>): CheckItem {
  const item = { subject: `API keys of ${header}`, expected: `the file ${file}`, fix: `write ${file}` };
  const isThere = existsSync(file);
  return { verdict: isThere ? 'ok' : 'problem', value: isThere ? 'there' : 'missing', ...item };
}

/** Asked without a session, it may name nobody: whatever it named would be taken for everybody. */
async function checkIntrospection({ url }: { readonly url: string }): Promise<CheckItem> {
  const expected = '401, 403, 404 or a redirect, without a session';
  const item = { subject: `introspection ${url}`, expected, fix: 'name a route that tells who is logged in' };
  return checked(item, async () => {
    const { status, body } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' });
    await body?.cancel();
    return {
      value: `answering ${status}`,
      isRight: [401, 403, 404].includes(status) || (status >= 300 && status < 400),
    };
  });
}

async function checked(
  item: Pick<CheckItem, 'subject' | 'expected' | 'fix'>,
  ask: () => Promise<{ value: string; isRight: boolean }>,
): Promise<CheckItem> {
  try {
    const { value, isRight } = await ask();
    return { ...item, verdict: isRight ? 'ok' : 'problem', value };
  } catch (error) {
    return { ...item, verdict: 'problem', value: `unreachable (${messageOf(error)})` };
  }
}
