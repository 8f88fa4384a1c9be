import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { workerSettings } from './connect-settings.ts';
import { brokerSettings } from './kafka-settings.ts';
import { serverFlags } from './mariadb-flags.ts';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly profiles: readonly string[];
  readonly healthcheck: object;
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
const { services } = parse(read('../docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const imageOf = (name: string): string | undefined => services[name]?.image;

/** Kafka's images take every setting as a variable. */
function variables(prefix: string, settings: Readonly<Record<string, string | number>>): [string, string][] {
  return Object.entries(settings).map(([name, value]) => [
    `${prefix}_${name.toUpperCase().replaceAll('.', '_')}`,
    String(value),
  ]);
}

describe('docker-compose.yml', () => {
  it.each([
    ['legacy-db', 1],
    ['service-db', 2],
  ])('starts %s with the flags of the stack, flushing every commit', (name, serverId) => {
    expect(services[name]?.command).toEqual(serverFlags({ serverId, durable: true, extra: [] }));
  });

  it.each([
    ['legacy-mysql', 1],
    ['service-mysql', 2],
  ])('starts %s with the same row log, and with GTIDs, which MySQL has off', (name, serverId) => {
    const shared = serverFlags({ serverId, durable: true, extra: [] });
    const flags = services[name]?.command ?? [];
    const others = flags.filter((flag) => !shared.includes(flag));
    expect(others).toEqual(['--gtid-mode=ON', '--enforce-gtid-consistency=ON']);
    expect(flags).toEqual(expect.arrayContaining(shared.filter((flag) => flag.includes('binlog'))));
  });

  it('starts Kafka with the settings of the stack, except for where it is reached', () => {
    const place = { storage: '/var/lib/kafka/data', port: 1, controllerPort: 2 };
    const settings = variables('KAFKA', brokerSettings(place)).filter(
      ([name]) => !/LISTENER_SECURITY|LISTENERS$|VOTERS/.test(name),
    );
    expect(services['kafka']?.environment).toMatchObject(Object.fromEntries(settings));
  });

  it('starts Connect with the settings of the stack; the image names some of them itself', () => {
    const settings = workerSettings({ bootstrap: 'kafka:19092', port: 8083, plugins: '' });
    const named = ['bootstrap.servers', 'group.id', 'config.storage.topic', 'offset.storage.topic'];
    const own = Object.entries(settings).filter(([name]) => /^(?!rest|plugin|key|value|listeners)/.test(name));
    const { environment = {} } = services['connect'] ?? {};
    for (const [name, value] of own) {
      const [[variable, text] = ['', '']] = variables('CONNECT', { [name]: value });
      const short = named.includes(name) || name === 'status.storage.topic';
      expect(environment[short ? variable.replace('CONNECT_', '') : variable]).toBe(text);
    }
  });

  it('takes the versions that Maven is told to take', () => {
    const pom = read('maven/pom.xml');
    const version = (name: string): string | undefined =>
      new RegExp(`<${name}.version>(.+)</${name}.version>`).exec(pom)?.[1];
    expect(imageOf('kafka')).toBe(`apache/kafka:${version('kafka')}`);
    expect(imageOf('connect')).toBe(`quay.io/debezium/connect:${version('debezium')}`);
  });

  it('takes the Unleash that npm is told to take, and tells its makers as little', () => {
    const pins = JSON.parse(read('unleash/package.json')) as { dependencies: Record<string, string> };
    const version = pins.dependencies['unleash-server'];
    expect(imageOf('unleash')).toBe(`unleashorg/unleash-server:${version}`);
    expect(services['unleash']?.environment).toMatchObject({ CHECK_VERSION: 'false', SEND_TELEMETRY: 'false' });
  });

  it('has one profile per database server, one for Kafka with Debezium and one for Unleash', () => {
    const profiles = Object.values(services).map((service) => service.profiles[0]);
    expect(new Set(profiles)).toEqual(new Set(['debezium', 'mariadb', 'mysql', 'unleash']));
  });

  it('publishes every server on the loopback only and checks its health', () => {
    for (const service of Object.values(services)) {
      expect(service.ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
      expect(service.healthcheck).toBeDefined();
    }
  });
});
