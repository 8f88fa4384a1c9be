/** Longer than any name: of a line, only its beginning is looked at. */
const PREFIX = 64;

/** The name of each event of a stream of server-sent events; an empty text for each chunk that names none. */
export async function* eventNames(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? '').slice(0, PREFIX);
    const names = lines.flatMap((line) => (line.startsWith('event:') ? [line.slice(6, PREFIX).trim()] : []));
    yield* names.length > 0 ? names : [''];
  }
}
