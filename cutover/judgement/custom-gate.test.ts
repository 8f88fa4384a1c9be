import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askCustomGates, customGate, unaskedGates } from './custom-gate.ts';

let server: Server;
let url: string;
let answer: { status: number; body: string };
let asked: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request.url ?? '';
    response.writeHead(answer.status, { location: '/elsewhere' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

async function verdictOf(status: number, body: object | string, gate: object = { url: `${url}/gate?token=s3cret` }) {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
  const [result] = await askCustomGates('trips', [customGate.parse({ name: 'support', ...gate })], 'reads');
  return [result?.verdict, result?.value];
}

describe('a gate of one’s own', () => {
  it.each<[number, object | string, unknown[]]>([
    [200, 'fine', ['pass', 'answered 200']],
    [204, '', ['pass', 'answered 204']],
    [200, { verdict: 'fail', value: '3 tickets open' }, ['fail', '3 tickets open']],
    [200, { verdict: 'inconclusive' }, ['inconclusive', 'answered 200']],
    [409, { value: 'not today', verdict: 'pass' }, ['fail', 'not today']],
    [302, '', ['fail', 'answered 302']],
    [503, '', ['inconclusive', 'answered 503']],
    [200, 'x'.repeat(70_000), ['inconclusive', 'no answer: the answer is longer than 64 KiB']],
  ])('that answers %i %j', async (status, body, expected) => {
    expect(await verdictOf(status, body)).toEqual(expected);
  });

  it('that nobody answers for holds, and its address is not told', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const gone = { url: `http://127.0.0.1:${(closed.address() as AddressInfo).port}/gate?token=s3cret` };
    await new Promise((resolve) => closed.close(resolve));
    expect(await verdictOf(200, '', gone)).toEqual(['inconclusive', 'no answer: ECONNREFUSED']);
  });

  it('is inconclusive while nobody asks for the step, and is not asked', () => {
    asked = '';
    const gates = [customGate.parse({ name: 'support', url })];
    expect(unaskedGates('trips', gates, 'reads')).toMatchObject([{ gate: 'support', verdict: 'inconclusive' }]);
    expect(asked).toBe('');
  });

  it('stands before the steps it names, or before all', async () => {
    const gates = [{ name: 'cutover only', before: ['cutover'], url }].map((gate) => customGate.parse(gate));
    expect(await askCustomGates('trips', gates, 'reads')).toEqual([]);
    expect(await askCustomGates('trips', gates, 'cutover')).toHaveLength(1);
    expect(await askCustomGates('trips', [customGate.parse({ name: 'any', url })], 'rollback')).toEqual([]);
  });
});

describe('a gate of one PromQL value', () => {
  const query = () => ({ prometheus: `${url}/prom/`, query: 'max(lag) > 0', atMost: 2 });
  const result = (...values: string[]) => ({ data: { result: values.map((value) => ({ value: [1, value] })) } });

  it.each<[object, unknown[]]>([
    [result('2'), ['pass', '2']],
    [result('2.5'), ['fail', '2.5']],
    [result('NaN'), ['inconclusive', '1 values, expected one']],
    [result(), ['inconclusive', '0 values, expected one']],
    [result('1', '1'), ['inconclusive', '2 values, expected one']],
    [{ status: 'error' }, ['inconclusive', '0 values, expected one']],
  ])('%j', async (body, expected) => {
    expect(await verdictOf(200, body, query())).toEqual(expected);
    expect(asked).toBe('/prom/api/v1/query?query=max%28lag%29+%3E+0');
  });
});
