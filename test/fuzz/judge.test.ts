import { describe, expect, it } from '@jest/globals';
import { judge, type Outcome } from './judge.ts';
import { readStream } from './strict-request.ts';

const SENT = 'GET /a HTTP/1.1\r\nHost: fleet\r\n\r\nPOST /b HTTP/1.1\r\nHost: fleet\r\nContent-Length: 2\r\n\r\nhi';
const STAMP = 'Host: fleet\r\nX-Banyan-Edge: e\r\n';
const A = `GET /a HTTP/1.1\r\n${STAMP}\r\n`;
const B = `POST /b HTTP/1.1\r\n${STAMP}Content-Length: 2\r\n\r\nhi`;
const answer = (id: number): string => `HTTP/1.1 200 OK\r\nX-Answer: ${id}\r\nContent-Length: 0\r\n\r\n`;

function outcome(seen: readonly string[], text: string, changes: Partial<Outcome['heard']> = {}): Outcome {
  const requests = seen.flatMap((one) => readStream(one).requests);
  return {
    reading: readStream(SENT),
    seen: requests.map((request, i) => ({ id: i + 1, request })),
    heard: { text, end: 'open', hangs: false, ...changes },
    faults: [],
  };
}

describe('the judge of a connection', () => {
  it('has nothing to say when each request was carried once and answered in its turn', () => {
    expect(judge(outcome([A, B], answer(1) + answer(2)))).toEqual([]);
  });

  it.each<[string, Outcome, string]>([
    ['a request nobody sent', outcome([A, B, A.replace('/a', '/decoy')], ''), 'what no client asked for: GET /decoy'],
    ['another body', outcome([B.replace('hi', 'ho')], ''), 'what no client asked for: POST /b'],
    ['a request sent twice', outcome([A, A], ''), 'request 0 was sent to the target twice'],
    ['one that was not cleansed', outcome([A.replace('X-Banyan-Edge: e\r\n', '')], ''), 'hygiene'],
    [
      'an identity from outside',
      outcome([A.replace('\r\n\r\n', '\r\nX_User_Id: forged\r\n\r\n')], ''),
      'x_user_id was told',
    ],
    ['answers that are swapped', outcome([A, B], answer(2) + answer(1)), 'answer 0 is that to request 1'],
    ['an answer in an answer', outcome([A, B], `${answer(1)}X${answer(2)}`), 'broken'],
    ['an answer cut short', outcome([A], answer(1).slice(0, 30), { end: 'clean' }), 'partial'],
    ['its own 502', outcome([], 'HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n'), 'the edge itself answers 502'],
    ['a connection that hangs', outcome([A], answer(1), { hangs: true }), 'neither an answer nor the end'],
    ['no request at all', { ...outcome([], ''), faults: ['GET'] }, 'what is no request: "GET"'],
  ])('finds %s', (_, given, said) => {
    expect(judge(given).join('\n')).toContain(said);
  });
});
