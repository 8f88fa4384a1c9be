import { exampleOf, jsonBody } from './body-shape.ts';
import type { ChosenSample } from './replay.ts';

/** Chosen samples as a contract in version 3 of Pact: the type of everything in an answer has to be the same. */
export function pactOf(unit: string, samples: readonly ChosenSample[]): object {
  return {
    consumer: { name: 'clients of legacy' },
    provider: { name: unit },
    interactions: samples.map((sample) => interactionOf(sample)),
    metadata: { pactSpecification: { version: '3.0.0' } },
  };
}

function interactionOf({ number, request, answer }: ChosenSample): object {
  const { method, path, headers, session, body, route } = request;
  const url = new URL(path, 'http://recorded.invalid');
  const query = Map.groupBy(url.searchParams, ([name]) => name);
  const json = jsonBody(answer);
  return {
    description: `${number}: ${route} answers ${answer.status}`,
    ...(session !== null && { providerStates: [{ name: `${session} is logged in` }] }),
    request: {
      method,
      path: url.pathname,
      ...(query.size > 0 && {
        query: Object.fromEntries([...query].map(([name, all]) => [name, all.map(([, value]) => value)])),
      }),
      ...(Object.keys(headers).length > 0 && { headers }),
      ...(body !== undefined && { body: bodyOf(body) }),
    },
    response: {
      status: answer.status,
      ...(json && {
        headers: { 'Content-Type': 'application/json' },
        body: exampleOf(json.value),
        matchingRules: {
          header: { 'Content-Type': { matchers: [{ match: 'regex', regex: 'application/json.*' }], combine: 'AND' } },
          body: { $: { matchers: [{ match: 'type' }], combine: 'AND' } },
        },
      }),
    },
  };
}

/** Text where somebody has edited the recording so that it is no JSON. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
