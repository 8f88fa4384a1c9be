import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { serverFlags } from './mariadb-flags.ts';

interface Compose {
  readonly services: Readonly<Record<string, { command: string[]; ports: string[]; healthcheck: object }>>;
}

const text = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');
const { services } = parse(text, { merge: true }) as Compose;

describe('docker-compose.yml', () => {
  it.each([
    ['legacy-db', 1],
    ['service-db', 2],
  ])('starts %s with the flags of the stack, flushing every commit', (name, serverId) => {
    expect(services[name]?.command).toEqual(serverFlags({ serverId, durable: true, extra: [] }));
  });

  it('publishes every server on the loopback only and checks its health', () => {
    for (const service of Object.values(services)) {
      expect(service.ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
      expect(service.healthcheck).toBeDefined();
    }
  });
});
