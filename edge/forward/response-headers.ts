import { namesInConnection, ruleForResponse, withoutHeaders } from '../hygiene/header-rules.ts';

/** The headers of an answer without what belongs to the hop, order and repetition kept. Input: raw names and values. */
export function cleanResponseHeaders(raw: readonly (Buffer | string)[]): string[] {
  const headers: string[] = [];
  let listed: string[] | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = text(raw[i]);
    const rule = ruleForResponse(name);
    if (rule === 'connection') listed = [...(listed ?? []), ...namesInConnection(text(raw[i + 1]))];
    else if (rule !== 'drop' && rule !== 'encoding' && rule !== 'malformed') headers.push(name, text(raw[i + 1]));
  }
  return listed && listed.length > 0 ? withoutHeaders(headers, listed) : headers;
}

function text(value: Buffer | string | undefined): string {
  return typeof value === 'string' ? value : (value?.toString('latin1') ?? '');
}
