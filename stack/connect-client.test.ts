import { describe, expect, it } from '@jest/globals';
import { failureOf, isRunning, type ConnectorStatus } from './connect-client.ts';

const status = (connector: string, ...tasks: { state: string; trace?: string }[]): ConnectorStatus => ({
  name: 'one',
  connector: { state: connector },
  tasks: tasks.map((task, id) => ({ id, ...task })),
});

describe('the state of a connector', () => {
  it('is running only when it has tasks and all of them run', () => {
    expect(isRunning(status('RUNNING', { state: 'RUNNING' }))).toBe(true);
    expect(isRunning(status('RUNNING'))).toBe(false);
    expect(isRunning(status('RUNNING', { state: 'RUNNING' }, { state: 'UNASSIGNED' }))).toBe(false);
  });

  it('names the first line of what failed', () => {
    const trace = 'org.apache.kafka.connect.errors.ConnectException: no grant\n\tat io.debezium';
    expect(failureOf(status('RUNNING', { state: 'FAILED', trace }))).toBe(trace.split('\n', 1)[0]);
    expect(failureOf(status('FAILED'))).toBe('it gave no reason');
    expect(failureOf(status('RUNNING', { state: 'UNASSIGNED' }))).toBeUndefined();
  });
});
