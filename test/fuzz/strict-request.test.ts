import { describe, expect, it } from '@jest/globals';
import { readStream } from './strict-request.ts';

const HOST = 'Host: fleet\r\n';
const CHUNKED = `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

describe('the strict reading of a connection', () => {
  it('finds each request with its fields and its body', () => {
    const text = `\r\nPOST /a HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\nhi${CHUNKED}2;a=b\r\nho\r\n0\r\nX: y\r\n\r\n`;
    const { requests, tail } = readStream(text);
    expect(tail).toBe('clean');
    expect(requests.map(({ body }) => body)).toEqual(['hi', 'ho']);
    expect(requests[1]?.trailers).toEqual([['x', 'y']]);
  });

  it.each([
    `GET / HTTP/1.1\n${HOST}\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X : y\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST} folded\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X: a\x00b\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`,
    `GET / HTTP/1.1\r\n\r\n`,
    `GET / HTTP/2.0\r\n${HOST}\r\n`,
    `GET /\r\n${HOST}\r\n`,
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi`,
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`,
    `POST / HTTP/1.1\r\n${HOST}Content-Length: +2\r\n\r\nhi`,
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`,
    `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`,
  ])('takes nothing out of %j', (text) => {
    expect(readStream(text)).toEqual({ requests: [], tail: 'broken' });
  });

  it.each(['0x2\r\nhi\r\n', '2\nhi\r\n', '2 \r\nhi\r\n', '2\r\nhi!!', '0\r\nX\r\n\r\n', '2;a="\n"\r\nhi\r\n'])(
    'takes the head of a request and no more with the chunk %j',
    (chunk) =>
      expect(readStream(CHUNKED + chunk)).toMatchObject({ requests: [], tail: 'broken', cut: { target: '/a' } }),
  );

  it('ends with a request that closes the connection', () => {
    const close = `GET /a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
    expect(readStream(close + close)).toMatchObject({ requests: [{ target: '/a' }], tail: 'closed' });
    expect(readStream(`GET /a HTTP/1.0\r\n${HOST}\r\n`.repeat(2)).requests).toHaveLength(1);
  });
});
