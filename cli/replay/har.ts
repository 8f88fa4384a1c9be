import type { RecordingFile } from './recording-file.ts';

/** A recording as HAR 1.2, for tools that read that. Answers are not recorded: only their status is. */
export function harOf({ head, requests }: RecordingFile): object {
  const startMs = Date.parse(head.recordedAt);
  return {
    log: {
      version: '1.2',
      creator: { name: 'banyan', version: '1' },
      entries: requests.map(({ atMs, method, path, headers, body, session, status }) => ({
        startedDateTime: new Date(startMs + atMs).toISOString(),
        time: 0,
        request: {
          method,
          url: `http://recorded.invalid${path}`,
          httpVersion: 'HTTP/1.1',
          cookies: [],
          headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
          queryString: [...new URL(path, 'http://recorded.invalid').searchParams].map(([name, value]) => ({
            name,
            value,
          })),
          ...(body !== undefined && {
            postData: { mimeType: headers['content-type'] ?? 'application/json', text: body },
          }),
          headersSize: -1,
          bodySize: body === undefined ? 0 : Buffer.byteLength(body),
        },
        response: {
          status,
          statusText: '',
          httpVersion: 'HTTP/1.1',
          cookies: [],
          headers: [],
          content: { size: 0, mimeType: 'x-unknown' },
          redirectURL: '',
          headersSize: -1,
          bodySize: -1,
        },
        cache: {},
        timings: { send: 0, wait: 0, receive: 0 },
        comment: session ?? 'nobody',
      })),
    },
  };
}
