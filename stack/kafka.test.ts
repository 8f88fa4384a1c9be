import { describe, expect, it } from '@jest/globals';
import { binaryOf } from './go-program.ts';
import { brokerCount } from './kafka-answer.ts';
import { clusterId } from './kafka-storage.ts';

describe('the broker’s answer', () => {
  it('counts the brokers of the cluster, none before one is there', () => {
    const answer = (brokers: number): Buffer =>
      Buffer.from(`000000410000000100000000${String(brokers).padStart(8, '0')}`, 'hex');
    expect(brokerCount(answer(1))).toBe(1);
    expect(brokerCount(answer(0))).toBe(0);
    expect(brokerCount(Buffer.from('00000004', 'hex'))).toBe(0);
  });
});

describe('a cluster id', () => {
  it('is 22 characters of the URL alphabet and never reads as an option', () => {
    expect(clusterId()).toMatch(/^[\w][\w-]{21}$/);
    expect(clusterId(() => Buffer.alloc(16, 0xfb))).toMatch(/^A/);
  });
});

describe('a program that Go builds', () => {
  it('is called after the last part of its path', () => {
    expect(binaryOf('github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0')).toBe('server');
  });
});
