import { createReadStream } from 'node:fs';
import { z } from 'zod';
import type { RecordedRequest } from '../../edge/index.ts';
import { JsonLines, messageOf } from '../../shared/index.ts';
import { cliErrors } from '../errors.ts';

const FORMAT = 'banyan-recording';

/** The first line of a recording; each line after it is a request. */
export const recordingHead = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(1),
  unit: z.string(),
  recordedAt: z.iso.datetime(),
});

const request = z.strictObject({
  atMs: z.number().min(0),
  route: z.string().regex(/^[A-Z]+ \//),
  method: z.string().regex(/^[A-Z]+$/),
  path: z.string().startsWith('/'),
  headers: z.record(z.string(), z.string()),
  session: z.string().nullable(),
  body: z.string().exactOptional(),
  status: z.number().int(),
}) satisfies z.ZodType<RecordedRequest>;

export type RecordingHead = z.infer<typeof recordingHead>;

export interface RecordingFile {
  readonly head: RecordingHead;
  /** In the order of time. */
  readonly requests: readonly RecordedRequest[];
}

export function headOf(unit: string, atMs: number): RecordingHead {
  return { format: FORMAT, version: 1, unit, recordedAt: new Date(atMs).toISOString() };
}

/** Throws RECORDING_INVALID, naming the line and never what is in it. */
export async function readRecording(path: string): Promise<RecordingFile> {
  const lines = await linesOf(path);
  const head = recordingHead.safeParse(lines[0]);
  if (!head.success) throw invalid(path, 1, 'no head of a recording');
  const requests = lines.slice(1).map((line, i) => {
    const parsed = request.safeParse(line);
    if (!parsed.success) throw invalid(path, i + 2, `wrong at ${parsed.error.issues[0]?.path.join('.') || 'its top'}`);
    return parsed.data;
  });
  return { head: head.data, requests: requests.toSorted((a, b) => a.atMs - b.atMs) };
}

async function linesOf(path: string): Promise<unknown[]> {
  const [reader, lines] = [new JsonLines(), [] as unknown[]];
  try {
    for await (const chunk of createReadStream(path)) lines.push(...reader.take(chunk as Buffer));
  } catch (error) {
    throw cliErrors.error('RECORDING_INVALID', {
      message: `${path} cannot be read: ${messageOf(error)}`,
      cause: error,
    });
  }
  return lines;
}

function invalid(path: string, line: number, what: string): Error {
  const message = `${path}, line ${line}: ${what}; expected what \`banyan record\` writes`;
  return cliErrors.error('RECORDING_INVALID', { message });
}
