import { talk, type Bench } from './bench.ts';
import type { Heard } from './wire/client.ts';

/** What a client heard: `400, closed`; `200 200, open`; `200 cut short, reset`; `silence`. */
export function tellAnswer({ answers, interim, end, text }: Heard): string {
  if (answers.length === 0 && interim.length === 0) {
    if (text !== '') return `no HTTP, ${end}`;
    return end === 'open' ? 'silence' : `no answer, ${end}`;
  }
  const statuses = [...interim, ...answers].map(({ status }) => status).join(' ');
  return `${statuses}${answers.at(-1)?.isComplete === false ? ' cut short' : ''}, ${end}`;
}

/** How much reached the target: `nothing forwarded`, `1 forwarded`. Requests that did not become whole are told apart. */
export function tellForwarded({ target }: Bench): string {
  const whole = target.requests.filter((request) => request.isComplete).length;
  const parts = target.requests.length - whole;
  if (parts > 0) return `${whole} forwarded, ${parts} in part`;
  return whole === 0 ? 'nothing forwarded' : `${whole} forwarded`;
}

/** Sends one text and tells both ends. */
export async function tellBoth(bench: Bench, text: string | Buffer): Promise<string> {
  return `${tellAnswer(await talk(bench, text))}; ${tellForwarded(bench)}`;
}

/** Tells each variant alone; what all have in common is said once. */
export async function tellEach(
  bench: Bench,
  variants: Readonly<Record<string, string>>,
  tell: (bench: Bench, text: string) => Promise<string> = tellBoth,
): Promise<string> {
  const told = new Map<string, string[]>();
  for (const [name, text] of Object.entries(variants)) {
    bench.target.requests.length = 0;
    const line = await tell(bench, text);
    told.set(line, [...(told.get(line) ?? []), name]);
  }
  if (told.size === 1) return [...told.keys()][0] ?? '';
  return [...told].map(([line, names]) => `${names.join(', ')}: ${line}`).join(' | ');
}
