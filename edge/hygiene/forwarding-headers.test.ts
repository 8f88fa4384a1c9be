import { describe, expect, it } from '@jest/globals';
import { clientAddress, forwardingHeaders } from './forwarding-headers.ts';
import { openPolicy } from './policy.ts';

describe('the forwarding headers', () => {
  it('say what the edge sees itself when nobody is trusted', () => {
    expect(told({ from: '10.0.0.9', claims: CLAIMS })).toEqual({
      'X-Forwarded-For': '10.0.0.9',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'fleet',
    });
  });

  it('add a trusted hop to what it says, once, and leave the rest as it is', () => {
    expect(told({ from: '10.0.0.9', trusted: ['10.0.0.0/8'], claims: CLAIMS })).toEqual({
      'X-Forwarded-For': '203.0.113.5, 198.51.100.1, 10.0.0.9',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'public.example',
      'X-Forwarded-Port': '8443',
    });
  });

  it('trust by network, of both versions, and nobody beside it', () => {
    const trusted = ['10.1.0.0/16', 'fd00::/8', '192.0.2.1'];
    const believed = (from: string): boolean => told({ from, trusted, claims: CLAIMS })['X-Forwarded-Port'] === '8443';
    expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd00::7', '192.0.2.1'].map(believed)).toEqual([true, true, true, true]);
    expect(['10.2.0.1', 'fe80::1', '192.0.2.2', ''].map(believed)).toEqual([false, false, false, false]);
  });

  it('tell an IPv4 client of a listener for both versions by its IPv4 address', () => {
    expect(told({ from: '::ffff:10.0.0.9', claims: [] })['X-Forwarded-For']).toBe('10.0.0.9');
  });

  it('name the edges a request has left', () => {
    const policy = openPolicy(100);
    const lines = forwardingHeaders(request('10.0.0.9', []), 'fleet', 'aaaa', policy);
    expect(lines).toContain(`: aaaa, ${policy.edgeId}\r\n`);
  });
});

describe('the address of the client', () => {
  it.each([
    ['its own, whatever it claims, when it is no trusted hop', '192.0.2.7', '203.0.113.5', '192.0.2.7'],
    ['what the trusted hop says', '10.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['what the first of several trusted hops says', '10.0.0.1', '1.1.1.1, 203.0.113.5, 10.0.0.2', '203.0.113.5'],
    ['of version 6', '10.0.0.1', '2001:db8::7, 10.0.0.2', '2001:db8::7'],
    ['the hop itself when it names nobody else', '10.0.0.1', '', '10.0.0.1'],
  ])('is %s', (_, from, claimed, expected) => {
    const policy = openPolicy(100, ['10.0.0.0/8']);
    expect(clientAddress(request(from, ['X-Forwarded-For', claimed]), policy)).toBe(expected);
  });
});

const CLAIMS = [
  'X-Forwarded-For',
  '203.0.113.5',
  'x-forwarded-for',
  '198.51.100.1',
  'X-Forwarded-Proto',
  'https',
].concat(['X-Forwarded-Host', 'public.example', 'X-Forwarded-Port', '8443']);

interface Given {
  readonly from: string;
  readonly trusted?: readonly string[];
  readonly claims: readonly string[];
}

function told({ from, trusted = [], claims }: Given): Record<string, string> {
  const lines = forwardingHeaders(request(from, claims), 'fleet', undefined, openPolicy(100, trusted));
  const pairs = lines.split('\r\n').map((line) => line.split(/: (.*)/) as [string, string]);
  return Object.fromEntries(pairs.filter(([name]) => name.startsWith('X-')));
}

function request(remoteAddress: string, rawHeaders: readonly string[]): Parameters<typeof forwardingHeaders>[0] {
  return { rawHeaders, socket: { remoteAddress } };
}
