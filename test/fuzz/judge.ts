import type { Heard } from './conversation.ts';
import { problemsOfCleansing } from './cleansing.ts';
import { readAnswers, type StrictAnswer } from './strict-answer.ts';
import { valuesOf, type Field } from './strict-message.ts';
import { connectionOf, originOf, type StreamReading, type StrictRequest } from './strict-request.ts';
import type { Seen } from './strict-target.ts';

/** What came of one connection. */
export interface Outcome {
  readonly reading: StreamReading;
  readonly heard: Heard;
  readonly seen: readonly Seen[];
  /** Bytes that the target could not take for a request. */
  readonly faults: readonly string[];
}

/** Own answers of the edge above 499 that say something about the request (docs/http.md). */
const DOCUMENTED: ReadonlySet<string> = new Set([
  '501 coding-not-carried',
  '501 method-unknown',
  '501 upgrade-not-carried',
  '508 loop-detected',
]);

/** Everything that should not have happened, in words. */
export function judge(outcome: Outcome): string[] {
  const { reading, heard, seen, faults } = outcome;
  const places = seen.map((one) => placeOf(one.request, reading));
  const { answers, rest } = readAnswers(
    heard.text,
    reading.requests.map(({ method }) => method),
    heard.end !== 'open',
  );
  return [
    ...faults.map((text) => `the target was sent what is no request: ${JSON.stringify(text.slice(0, 500))}`),
    ...seen.flatMap((one, i) => problemsOfSeen(one.request, requestAt(reading, places[i]))),
    ...repeated(places),
    ...problemsOfAnswers(answers, seen, places),
    ...(rest === 'broken' || (rest === 'partial' && heard.end === 'clean')
      ? [`answers end in mid-answer or in none: ${rest}`]
      : []),
    ...(answers.length > reading.requests.length + 1
      ? [`${answers.length} answers to ${reading.requests.length} requests`]
      : []),
    ...(heard.hangs ? ['neither an answer nor the end of the connection came'] : []),
  ];
}

/** Which of the client's requests this one is: its number, that of the one its bytes end in, or none. */
function placeOf(seen: StrictRequest, { requests, cut }: StreamReading): number {
  const at = requests.findIndex((one) => isSame(seen, one));
  if (at >= 0) return at;
  return cut && !seen.isWhole && isSame(seen, cut) ? requests.length : -1;
}

function requestAt({ requests, cut }: StreamReading, place = -1): StrictRequest | undefined {
  return place === requests.length ? cut : requests[place];
}

function isSame(seen: StrictRequest, meant: StrictRequest): boolean {
  const isBody = seen.isWhole ? meant.isWhole && seen.body === meant.body : meant.body.startsWith(seen.body);
  return isBody && seen.method === meant.method && seen.target === originOf(meant.target);
}

function problemsOfSeen(seen: StrictRequest, meant: StrictRequest | undefined): string[] {
  const what = `${seen.method} ${seen.target.slice(0, 200)}`;
  if (!meant)
    return [`the target was sent what no client asked for: ${what}, body ${JSON.stringify(seen.body.slice(0, 300))}`];
  return [
    ...problemsOfCleansing(seen),
    ...(ownFields(seen, meant) === ownFields(meant, meant) ? [] : [`${what}: its own fields differ`]),
  ];
}

/** Fields that belong to a request and to nobody on the way, as one text; in the order of the names. */
function ownFields({ fields }: StrictRequest, meant: StrictRequest): string {
  const dropped = connectionOf(meant);
  const own = fields.filter(([name]) => name.startsWith('x-f-') && !dropped.includes(name));
  return JSON.stringify(own.toSorted(([a]: Field, [b]: Field) => (a === b ? 0 : a < b ? -1 : 1)));
}

function repeated(places: readonly number[]): string[] {
  const twice = places.filter((place, i) => place >= 0 && places.indexOf(place) !== i);
  return twice.map((place) => `request ${place} was sent to the target twice`);
}

/** Answers of the target go to whoever asked for them, in the order of asking. */
function problemsOfAnswers(
  answers: readonly StrictAnswer[],
  seen: readonly Seen[],
  places: readonly number[],
): string[] {
  const given = answers.map((answer, i) => ({ answer, i, id: Number(valuesOf(answer.fields, 'x-answer')[0]) }));
  return given.flatMap(({ answer, i, id }) => {
    if (Number.isNaN(id)) return problemsOfOwn(answer);
    const place = places[seen.findIndex((one) => one.id === id)];
    return place === i ? [] : [`answer ${i} is that to request ${place}`];
  });
}

function problemsOfOwn(answer: StrictAnswer): string[] {
  const said = saidBy(answer);
  if (answer.status < 300) return answer.status === 204 ? [] : [`the edge itself answers ${said}`];
  const isToHead = answer.body === '' && (answer.status === 501 || answer.status === 508); // It has no code to show.
  return answer.status < 500 || isToHead || DOCUMENTED.has(said) ? [] : [`the edge itself answers ${said}`];
}

/** What an answer of the edge itself says: its status and code. */
export function saidBy({ status, body }: StrictAnswer): string {
  const code = /"code":"([a-z0-9-]+)"/.exec(body)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}
