import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { RecordedRequest } from '../../edge/index.ts';
import { readSettings } from '../../shared/index.ts';
import type { Context } from '../context.ts';
import { cliErrors } from '../errors.ts';
import { durationOf } from '../duration.ts';
import { edgeClient } from '../peers.ts';
import { harOf } from '../replay/har.ts';
import { readRecording } from '../replay/recording-file.ts';
import { RecordingWriter } from '../replay/recording-writer.ts';
import { clientSettings } from '../settings.ts';
import { print } from '../terminal.ts';

export interface RecordFlags {
  readonly to: string;
  readonly for: string;
  readonly share: string;
  readonly keep?: readonly string[];
  readonly har?: string;
}

/** What an edge says is missing, so far. */
interface Missing {
  readonly dropped: number;
  readonly lost: number;
}

interface Taken extends Missing {
  readonly request: RecordedRequest;
}

/** Writes requests of a unit, as they go by at the edges, into a file that only its owner may read. */
export async function record(context: Context, unit: string, flags: RecordFlags): Promise<void> {
  const { BANYAN_EDGE_URLS: urls, BANYAN_ADMIN_TOKEN: token } = readSettings(clientSettings, context.env);
  const wanted = {
    unit,
    share: shareOf(flags.share),
    seconds: durationOf(flags.for) / 1000,
    keep: flags.keep ?? [],
    // Shared by all edges and forgotten here: nobody can find out later who a user of the recording was.
    key: randomBytes(32).toString('base64url'),
  };
  const writer = await RecordingWriter.open(flags.to, unit);
  const take = (url: string): Promise<Missing> => takeFrom(url, { token, wanted, writer, signal: context.signal });
  const ended = await Promise.allSettled(urls.split(',').map(take));
  await writer.close();
  const failure = ended.find((one) => one.status === 'rejected');
  if (failure && ended.every(({ status }) => status === 'rejected')) throw failure.reason;
  await tell(context, unit, flags, countsOf(ended, writer));
}

interface TakeOptions {
  readonly token: string;
  readonly wanted: object;
  readonly writer: RecordingWriter;
  readonly signal: AbortSignal;
}

/** Resolves with what is missing of the edge's part, as it was told last when the signal ends the recording. */
async function takeFrom(url: string, { token, wanted, writer, signal }: TakeOptions): Promise<Missing> {
  let missing: Missing = { dropped: 0, lost: 0 };
  const onProgress = (progress: unknown): Promise<void> => {
    const { request, dropped, lost } = progress as Taken;
    missing = { dropped, lost };
    return writer.take(request);
  };
  try {
    return await edgeClient(url.trim(), token).run<Missing>('/v1/record', wanted, onProgress, signal);
  } catch (error) {
    if (signal.aborted) return missing;
    throw error;
  }
}

interface Counts extends Missing {
  readonly taken: number;
}

/** An edge that broke off is lost as a process of one is. */
function countsOf(ended: readonly PromiseSettledResult<Missing>[], { taken, dropped }: RecordingWriter): Counts {
  const said = ended.map((one) => (one.status === 'fulfilled' ? one.value : { dropped: 0, lost: 1 }));
  return {
    taken,
    dropped: said.reduce((sum, one) => sum + one.dropped, dropped),
    lost: said.reduce((sum, one) => sum + one.lost, 0),
  };
}

async function tell({ output }: Context, unit: string, { to, har }: RecordFlags, counts: Counts): Promise<void> {
  if (har !== undefined) await writeHar(to, har);
  const { taken, dropped, lost } = counts;
  const gap =
    lost === 0 ? '' : `. ${lost} edges, or processes of one, broke off: what they had not passed on is missing`;
  const text = `${taken} requests of ${unit} are in ${to}; ${dropped} were dropped${gap}`;
  print(output, { unit, file: to, ...counts }, text);
}

async function writeHar(recording: string, to: string): Promise<void> {
  writeFileSync(to, JSON.stringify(harOf(await readRecording(recording)), undefined, 2), { mode: 0o600 });
}

function shareOf(text: string): number {
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw cliErrors.error('CLI_USAGE', {
    message: `--share is ${text}; expected a number above 0 to 1`,
    fix: 'change it',
  });
}
