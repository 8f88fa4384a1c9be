import type { ClientResponse } from '../client.ts';

/**
 * Passes on an answer that comes before the real one, where Node can: 102 Processing and 103 Early Hints. One that Node
 * finds malformed is left out, and one whose turn it is not: it is only advice.
 */
export function relayInterim(response: ClientResponse, status: number, headers: readonly string[]): void {
  if (response.headersSent || response.destroyed || response.socket === null) return;
  try {
    if (status === 102) response.writeProcessing();
    else if (status === 103) response.writeEarlyHints(hintsOf(headers));
  } catch {
    // The answer itself follows.
  }
}

function hintsOf(headers: readonly string[]): Record<string, string | string[]> {
  const link: string[] = [];
  const others: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (name.toLowerCase() === 'link') link.push(value);
    else others[name] = value;
  }
  return { ...others, link };
}
