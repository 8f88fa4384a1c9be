import { createWriteStream, writeFileSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { RecordedRequest } from '../../edge/index.ts';
import { messageOf, readSettings } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { durationOf } from '../duration.ts';
import { edgeClient } from '../peers.ts';
import { harOf } from '../replay/har.ts';
import { headOf, readRecording } from '../replay/recording-file.ts';
import { clientSettings } from '../settings.ts';
import { print } from '../terminal.ts';

export interface RecordFlags {
  readonly to: string;
  readonly for: string;
  readonly share: string;
  readonly keep?: readonly string[];
  readonly har?: string;
}

interface Ended {
  readonly taken: number;
  readonly dropped: number;
}

/** Writes requests of a unit, as they go by at the edges, into a file that only its owner may read. */
export async function record(context: Context, unit: string, flags: RecordFlags): Promise<void> {
  const { BANYAN_EDGE_URLS: urls, BANYAN_ADMIN_TOKEN: token } = readSettings(clientSettings, context.env);
  const wanted = {
    unit,
    share: shareOf(flags.share),
    seconds: durationOf(flags.for) / 1000,
    keep: flags.keep ?? [],
  };
  const file = await newFile(flags.to);
  write(file, headOf(unit, Date.now()));
  const edges = urls.split(',');
  const take = async (url: string, i: number): Promise<Ended> => {
    const prefix = edges.length > 1 ? `edge-${i + 1}-` : '';
    const onProgress = (one: unknown): void => write(file, named(one as RecordedRequest, prefix));
    return edgeClient(url.trim(), token).run<Ended>('/v1/record', wanted, onProgress, context.signal);
  };
  const ended = await Promise.allSettled(edges.map(take));
  await finished(file.end());
  const counts = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failure = ended.find((one) => one.status === 'rejected');
  if (counts.length === 0 && failure && !context.signal.aborted) throw failure.reason;
  await tell(context, unit, flags, counts);
}

async function newFile(path: string): Promise<WriteStream> {
  const file = createWriteStream(path, { mode: 0o600, flags: 'wx' });
  try {
    await once(file, 'open');
    return file;
  } catch (error) {
    throw cliErrors.error('CLI_USAGE', {
      message: `${path} cannot be made: ${messageOf(error)}`,
      fix: 'name a new file',
    });
  }
}

async function tell(
  { output }: Context,
  unit: string,
  { to, har }: RecordFlags,
  counts: readonly Ended[],
): Promise<void> {
  const recording = await readRecording(to);
  if (har !== undefined) writeFileSync(har, JSON.stringify(harOf(recording), undefined, 2), { mode: 0o600 });
  const dropped = counts.reduce((sum, one) => sum + one.dropped, 0);
  const taken = recording.requests.length;
  print(
    output,
    { unit, file: to, taken, dropped },
    `${taken} requests of ${unit} are in ${to}; ${dropped} were dropped`,
  );
}

/** Every edge counts its own users. */
function named(request: RecordedRequest, prefix: string): RecordedRequest {
  return request.session === null ? request : { ...request, session: prefix + request.session };
}

function write(file: WriteStream, line: object): void {
  file.write(`${JSON.stringify(line)}\n`);
}

function shareOf(text: string): number {
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw cliErrors.error('CLI_USAGE', {
    message: `--share is ${text}; expected a number above 0 to 1`,
    fix: 'change it',
  });
}
