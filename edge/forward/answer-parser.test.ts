import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { AnswerParser } from './answer-parser.ts';
import type { Head } from './answer-head.ts';

interface Read {
  readonly head: Head | undefined;
  readonly body: string;
  readonly verdict: 'complete' | 'open' | 'malformed';
  readonly isReusable: boolean;
}

describe('the reader of answers', () => {
  it.each<[string, string, string]>([
    ['an announced length', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', 'complete reusable hello'],
    ['no body at all', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 'complete reusable '],
    ['204', 'HTTP/1.1 204 No Content\n\n', 'complete reusable '],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\nContent-Length: 5\n\n', 'complete reusable '],
    ['chunks', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nhel\n2;x=y\nlo\n0\n\n', 'complete reusable hello'],
    ['a trailer', 'HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n0\nX-Sum: 1\n\n', 'complete reusable '],
    [
      'an interim answer first',
      'HTTP/1.1 103 Hints\nLink: x\n\nHTTP/1.1 200 OK\nContent-Length: 1\n\na',
      'complete reusable a',
    ],
    ['the wish to close', 'HTTP/1.1 200 OK\nConnection: Close\nContent-Length: 1\n\na', 'complete used-up a'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\nContent-Length: 1\n\na', 'complete used-up a'],
    ['more than was announced', 'HTTP/1.1 200 OK\nContent-Length: 1\n\naHTTP/1.1 200', 'complete used-up a'],
    ['more after the last chunk', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n\nX', 'complete used-up '],
    ['less than was announced', 'HTTP/1.1 200 OK\nContent-Length: 9\n\nhello', 'open used-up hello'],
    ['a body until the end of the connection', 'HTTP/1.1 200 OK\n\nhello', 'open used-up hello'],
  ])('takes %s for what it is, however it is cut', (_, text, expected) => {
    const bytes = wire(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 4 }), (cuts) => {
        const { verdict, isReusable, body } = read(bytes, cuts);
        expect(`${verdict} ${isReusable ? 'reusable' : 'used-up'} ${body}`).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, string]>([
    ['both lengths', 'HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n'],
    ['two lengths that differ', 'HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\n\n'],
    ['a length with a sign', 'HTTP/1.1 200 OK\nContent-Length: +5\n\n'],
    ['a list of lengths', 'HTTP/1.1 200 OK\nContent-Length: 5, 5\n\n'],
    ['another encoding', 'HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n\n'],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\nContent-Length : 5\n\n'],
    ['a folded header', 'HTTP/1.1 200 OK\nX-A: 1\n folded\n\n'],
    ['a line without a colon', 'HTTP/1.1 200 OK\nX-A\n\n'],
    ['an unasked 101', 'HTTP/1.1 101 Switching Protocols\nUpgrade: x\n\n'],
    ['status 099', 'HTTP/1.1 099 Strange\n\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH\n\n'],
    ['HTTP/2', 'HTTP/2 200 OK\n\n'],
    ['a chunk size in C', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0x5\nhello\n0\n\n'],
    ['a chunk size with a sign', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n+5\nhello\n0\n\n'],
    ['a chunk that is longer than it says', 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\nhello\n0\n\n'],
    ['an endless head', `HTTP/1.1 200 OK\nX-Big: ${'x'.repeat(70_000)}`],
  ])('refuses %s', (_, text) => {
    expect(read(wire(text), []).verdict).toBe('malformed');
  });

  it('refuses a bare line feed as the end of a chunk size', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(read(Buffer.from(`${head}5\nhello\r\n0\r\n\r\n`), []).verdict).toBe('malformed');
  });

  it('keeps order, spelling and repetition, and leaves out what belongs to the hop', () => {
    const own = 'Set-Cookie: a\nx-b:  2 \nSet-Cookie: b\n';
    const hop = 'Connection: x-hop\nX-Hop: 1\nKeep-Alive: 5\nX-Banyan-Target: forged\n';
    const { head } = read(wire(`HTTP/1.1 299 Odd enough\n${own}${hop}Content-Length: 0\n\n`), []);
    expect(head).toMatchObject({ status: 299, message: 'Odd enough' });
    expect(head?.headers.list).toEqual(['Set-Cookie', 'a', 'x-b', '2', 'Set-Cookie', 'b', 'Content-Length', '0']);
  });

  it('never takes a body from the answer to HEAD', () => {
    expect(read(wire('HTTP/1.1 200 OK\nContent-Length: 5\n\n'), [], 'HEAD')).toMatchObject({ verdict: 'complete' });
  });

  it('ends a body without a length with the connection, and no other', () => {
    const until = (text: string): boolean => {
      const parser = new AnswerParser(NOBODY, 65_536);
      parser.expect('GET');
      parser.feed(wire(text));
      return parser.end();
    };
    expect(until('HTTP/1.1 200 OK\n\nhel')).toBe(true);
    expect(until('HTTP/1.1 200 OK\nContent-Length: 5\n\nhel')).toBe(false);
    expect(until('HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nhel\n')).toBe(false);
    expect(until('HTTP/1.1 200 OK\n')).toBe(false);
  });
});

const nothing = (): void => undefined;
const NOBODY = { head: nothing, interim: nothing, data: nothing, trailers: nothing, complete: nothing };

function wire(text: string): Buffer {
  return Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
}

function read(bytes: Buffer, cuts: readonly number[], method = 'GET'): Read {
  let head: Head | undefined;
  let body = '';
  let isComplete = false;
  const sink = {
    ...NOBODY,
    head: (given: Head) => void (head = given),
    data: (chunk: Buffer) => void (body += chunk.toString('latin1')),
    complete: () => void (isComplete = true),
  };
  const parser = new AnswerParser(sink, 65_536);
  parser.expect(method);
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  const parts = edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
  const isWellFormed = parts.filter((part) => part.length > 0).every((part) => parser.feed(part));
  const verdict = !isWellFormed ? 'malformed' : isComplete ? 'complete' : 'open';
  return { head, body, verdict, isReusable: parser.isReusable };
}
