import { problemsOfCleansing } from '../cleansing.ts';
import type { Seen } from '../strict-target.ts';
import type { HeardStreams } from './stream-conversation.ts';
import type { StreamDraft } from './stream-draft.ts';
import type { StreamScript } from './stream-script.ts';

/** What came of one connection of HTTP/2. */
export interface StreamOutcome {
  readonly script: StreamScript;
  readonly heard: HeardStreams;
  readonly seen: readonly Seen[];
  readonly faults: readonly string[];
}

/** Everything that should not have happened, in words. */
export function judgeStreams({ script, heard, seen, faults }: StreamOutcome): string[] {
  const targets = seen.map(({ request }) => request.target);
  return [
    ...faults.map((text) => `the target was sent what is no request: ${JSON.stringify(text.slice(0, 500))}`),
    ...seen.flatMap((one) => problemsOfSeen(one, script)),
    ...targets
      .filter((target, i) => targets.indexOf(target) !== i && isOwn(target, script))
      .map((target) => `${target} was sent to the target twice`),
    ...(script.isWhole ? problemsOfAnswers(script, heard, seen) : []),
    ...(heard.hangs ? ['neither answers nor the end of the connection came'] : []),
  ];
}

function isOwn(target: string, { streams }: StreamScript): boolean {
  return streams.some(({ path }) => path === target);
}

function problemsOfSeen({ request }: Seen, script: StreamScript): string[] {
  const { method, target, body, isWhole } = request;
  const what = `${method} ${target.slice(0, 200)}`;
  const problems = problemsOfCleansing(request);
  if (target.startsWith('/decoy')) problems.push(`the target was sent what no client asked for: ${what}`);
  const meant = script.streams.find(({ path }) => path === target);
  if (!script.isWhole || !meant?.isPlain) return problems;
  const isSame =
    method === meant.method && (isWhole ? body === meant.data.join('') : meant.data.join('').startsWith(body));
  return isSame ? problems : [...problems, `${what}: the target was sent another request than was asked for`];
}

/** A plain request is answered with its own answer; for sure where nothing about the connection is doubtful. */
function problemsOfAnswers({ streams }: StreamScript, heard: HeardStreams, seen: readonly Seen[]): string[] {
  const isPlain = streams.every((stream) => stream.isPlain);
  return streams.flatMap((stream, i) => {
    const { body, end } = heard.streams[i] ?? { body: '', end: 'open' };
    if (isPlain && end !== 'end') return [`${stream.path} was not answered: ${end}`];
    if (!stream.isPlain || end !== 'end' || body === '') return [];
    return isAnswerTo(stream, body, seen) ? [] : [`${stream.path} was answered with ${body.slice(0, 200)}`];
  });
}

function isAnswerTo({ method, path }: StreamDraft, body: string, seen: readonly Seen[]): boolean {
  return seen.some(({ id, request }) => request.target === path && body === `${id} ${method} ${path}`);
}
