import { createReadStream } from 'node:fs';
import { ChainCheck, type ChainVerdict, type JournalEnd, type JournalEntry } from '../cutover/index.ts';
import { JsonLines, messageOf, type ApiClient } from '../shared/index.ts';
import { cliErrors } from './errors.ts';

/** A running control, or the path of a file that `--export` wrote. */
export type JournalSource = ApiClient | string;

/** One JSON value per line, oldest first; the last is `{"end":{"id":…,"hash":…}}`. */
export async function exportJournal(source: JournalSource, stream: NodeJS.WritableStream): Promise<void> {
  const line = (value: unknown): void => void stream.write(`${JSON.stringify(value)}\n`);
  line({ end: (await read(source, line)) ?? null });
}

/** `expected` is `<id>:<hash>`, as an earlier check printed its last line. */
export async function checkJournal(source: JournalSource, expected?: string): Promise<ChainVerdict> {
  return readJournal(source, () => undefined, expected);
}

/** Visits every line, and says whether they hold. */
export async function readJournal(
  source: JournalSource,
  visit: (entry: JournalEntry) => void,
  expected?: string,
): Promise<ChainVerdict> {
  const check = new ChainCheck(expected === undefined ? undefined : endOf(expected));
  const end = await read(source, (entry) => {
    check.take(entry);
    visit(entry);
  });
  return check.end(end);
}

async function read(source: JournalSource, visit: (entry: JournalEntry) => void): Promise<JournalEnd | undefined> {
  if (typeof source === 'string') return readExport(source, visit);
  const take = (entry: unknown): void => visit(entry as JournalEntry);
  return (await source.run<{ end?: JournalEnd }>('/v1/journal/read', {}, take)).end;
}

async function readExport(path: string, visit: (entry: JournalEntry) => void): Promise<JournalEnd | undefined> {
  const lines = new JsonLines();
  let end: JournalEnd | undefined;
  try {
    for await (const chunk of createReadStream(path))
      for (const value of lines.take(chunk as Buffer) as (JournalEntry | { end: JournalEnd | null })[])
        if ('end' in value) end = value.end ?? undefined;
        else visit(value);
  } catch (error) {
    throw cliErrors.error('CLI_USAGE', { message: `--file ${path} cannot be read: ${messageOf(error)}`, cause: error });
  }
  return end;
}

function endOf(text: string): JournalEnd {
  const [, id, hash = ''] = /^([1-9]\d*):([0-9a-f]{64})$/.exec(text) ?? [];
  if (id !== undefined) return { id: Number(id), hash };
  throw cliErrors.error('CLI_USAGE', {
    message: `--expect is "${text}"; expected <id>:<hash> as --verify printed it`,
    fix: 'say --expect with what an earlier --verify printed',
  });
}
