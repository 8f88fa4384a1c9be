import { exampleOf, jsonBody } from './body-shape.ts';
import type { ChosenSample } from './replay.ts';

/**
 * Chosen samples as a test file for Jest and supertest, which runs as it is: status and shape of each answer, not what it
 * says. Where to and as whom comes from the environment, as no recording knows it.
 */
export function jestFile(unit: string, samples: readonly ChosenSample[]): string {
  return `// Made by: banyan replay. Runs with BASE_URL and, where somebody has to be logged in, SESSIONS:
// {"user-1": {"cookie": "…"}, "*": {…}}
import request from 'supertest';
import { expect, describe, it } from '@jest/globals';

const baseUrl = process.env.BASE_URL ?? 'http://127.0.0.1:8080';
const sessions = JSON.parse(process.env.SESSIONS ?? '{}');
const as = (session) => sessions[session] ?? sessions['*'] ?? {};

describe(${JSON.stringify(unit)}, () => {
${samples.map(caseOf).join('\n\n')}
});
`;
}

function caseOf({ number, request, answer }: ChosenSample): string {
  const { method, path, headers, session, body, route } = request;
  const title = JSON.stringify(`${number}: ${route} answers ${answer.status}`);
  const json = jsonBody(answer);
  const shape = json && `\n    expect(answer.body).toEqual(${matcherOf(json.value)});`;
  const sent = body === undefined ? '' : `.send(${JSON.stringify(body)})`;
  return `  it(${title}, async () => {
    const call = request(baseUrl)[${JSON.stringify(method.toLowerCase())}](${JSON.stringify(path)});
    const answer = await call.set({ ...${JSON.stringify(headers)}, ...as(${JSON.stringify(session)}) })${sent};
    expect(answer.status).toBe(${answer.status});${shape ?? ''}
  });`;
}

/** Null may be something another time: what it is, nobody has seen. */
function matcherOf(value: unknown): string {
  if (Array.isArray(value)) {
    const [first] = value;
    return value.length === 0 ? 'expect.any(Array)' : `expect.arrayContaining([${matcherOf(first)}])`;
  }
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${matcherOf(one)}`);
    return `expect.objectContaining({ ${members.join(', ')} })`;
  }
  if (value === null) return 'null';
  return (
    { string: 'expect.any(String)', number: 'expect.any(Number)' }[typeof exampleOf(value) as string] ??
    'expect.any(Boolean)'
  );
}
