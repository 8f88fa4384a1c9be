import { describe, expect, it } from '@jest/globals';
import { changeTopic, perTableTopics, topicAdvice } from './change-topic.ts';
import { debeziumConnector, serverId, type DebeziumConnectorFacts } from './debezium-connector.ts';
import { maskPassword } from './mask-password.ts';
import { tlsMode } from './tls-mode.ts';

const facts: DebeziumConnectorFacts = {
  unit: 'trips',
  direction: 'forward',
  kind: 'mariadb',
  databaseUrl: 'mysql://banyan:p%40ss@legacy-db:3307/',
  schema: 'fleet',
  tables: ['trips', 'locations'],
  bootstrap: 'kafka:9092',
  mode: 'ordered',
};
const configOf = (changes: Partial<DebeziumConnectorFacts> = {}): Readonly<Record<string, string>> =>
  debeziumConnector({ ...facts, ...changes }).config;

describe('the Debezium connector of a unit', () => {
  it('is called after the unit and the direction, as its topic is', () => {
    expect(debeziumConnector(facts)).toMatchObject({
      name: 'banyan.trips.forward',
      config: { 'topic.prefix': 'banyan.trips.forward', 'transforms.one.replacement': changeTopic('trips', 'forward') },
    });
  });

  it('reaches the source as the URL says', () => {
    expect(configOf()).toMatchObject({
      'database.hostname': 'legacy-db',
      'database.port': '3307',
      'database.user': 'banyan',
      'database.password': 'p@ss',
    });
    expect(configOf({ databaseUrl: 'mysql://root@db' })['database.port']).toBe('3306');
  });

  it('drops, rounds and replaces nothing in silence', () => {
    expect(configOf()).toMatchObject({
      'provide.transaction.metadata': 'true',
      'decimal.handling.mode': 'string',
      'bigint.unsigned.handling.mode': 'precise',
      'time.precision.mode': 'adaptive_time_microseconds',
      'skipped.operations': 'none',
      'event.converting.failure.handling.mode': 'fail',
      'key.converter.replace.null.with.default': 'false',
      'value.converter.replace.null.with.default': 'false',
      'exactly.once.support': 'required',
      'include.schema.changes': 'true',
      'snapshot.mode': 'no_data',
    });
  });

  it('captures the tables of the unit and the rehearsal, and no table whose name only resembles one', () => {
    const patterns = configOf({ tables: ['trips', 'a.b,c$'] })['table.include.list']?.split(/(?<!\\),/) ?? [];
    const matches = (table: string): boolean => patterns.some((pattern) => new RegExp(`^${pattern}$`).test(table));
    expect(['fleet.trips', 'fleet.a.b,c$', 'banyan.rehearsal'].every(matches)).toBe(true);
    expect(['fleet.trips2', 'fleetxtrips', 'fleet.axb,c$', 'other.trips'].some(matches)).toBe(false);
  });

  it('has a server id of its own that does not change', () => {
    const ids = ['banyan.trips.forward', 'banyan.trips.reverse', 'banyan.billing.forward'].map(serverId);
    expect(new Set(ids).size).toBe(3);
    expect(serverId('banyan.trips.forward')).toBe(ids[0]);
    expect(ids.every((id) => id >= 1_000_000_000 && id < 2_000_000_000)).toBe(true);
  });

  it('routes everything of its prefix to the one topic, and nothing of a unit whose name it begins', () => {
    const route = new RegExp(`^${configOf()['transforms.one.regex']}$`);
    expect(['', '.fleet.trips', '.transaction'].every((end) => route.test(`banyan.trips.forward${end}`))).toBe(true);
    expect(route.test('banyan.trips.forward2.fleet.trips')).toBe(false);
    expect(configOf({ mode: 'per-table' })).not.toHaveProperty('transforms');
  });

  it('E12 renames topics only, so that the key of a message stays what the connector made of it', () => {
    const { transforms } = configOf();
    expect(configOf()[`transforms.${transforms}.type`]).toBe('org.apache.kafka.connect.transforms.RegexRouter');
  });

  it('is MySQL’s for MySQL', () => {
    const config = configOf({ kind: 'mysql' });
    expect(config['connector.class']).toBe('io.debezium.connector.mysql.MySqlConnector');
    expect(config['database.ssl.mode']).toBe('preferred');
  });

  it('checks the certificate when the URL asks for TLS, unless told not to', () => {
    expect(tlsMode('mariadb', null)).toBe('disable');
    expect(tlsMode('mariadb', '{}')).toBe('verify-full');
    expect(tlsMode('mysql', '{"rejectUnauthorized": false}')).toBe('required');
  });

  it('can be shown without its password', () => {
    const shown = maskPassword(debeziumConnector(facts));
    expect(JSON.stringify(shown)).not.toContain('p@ss');
    expect(shown.config['database.password']).toBe('${env:BANYAN_TRIPS_FORWARD_PASSWORD}');
  });
});

describe('the topics of a unit', () => {
  it('are one for the changes and one for the connector’s schemas, in ordered mode', () => {
    const advice = topicAdvice({ ...facts, retentionMs: 1000 });
    expect(advice.map(({ topic, partitions }) => [topic, partitions])).toEqual([
      ['banyan.trips.forward', 1],
      ['banyan.trips.forward.schema-history', 1],
    ]);
    expect(advice.map(({ config }) => config['retention.ms'])).toEqual(['1000', '-1']);
  });

  it('are one per table and two more, named as Debezium does, in per-table mode', () => {
    expect(perTableTopics({ ...facts, tables: ['trips', 'straße'] })).toEqual([
      'banyan.trips.forward',
      'banyan.trips.forward.transaction',
      'banyan.trips.forward.fleet.trips',
      'banyan.trips.forward.fleet.stra_e',
      'banyan.trips.forward.banyan.rehearsal',
    ]);
  });

  it('are made by the connector as advised where nobody made them', () => {
    expect(configOf({ retentionMs: 1000 })).toMatchObject({
      'topic.creation.default.partitions': '1',
      'topic.creation.default.retention.ms': '1000',
    });
  });
});
