import { expect, it } from '@jest/globals';
import { compareCalls } from './compare-calls.ts';

const expected = [{ route: 'POST /a', method: 'POST', url: 'https://mail.example/v1/riders/{id}', count: 1 }];
const call = (url: string) => ({ method: 'POST', url });
const TOLD = call('https://mail.example/v1/riders/7');

it.each([
  ['the declared one', [TOLD], []],
  ['a lost one', [], ['lost-call POST https://mail.example/v1/riders/{id} 1']],
  ['a duplicate', [TOLD, TOLD, TOLD], ['duplicate-call POST https://mail.example/v1/riders/{id} 2']],
  [
    'one that nobody declared, of which only the host is told',
    [TOLD, call('https://x.example/rider/7')],
    ['undeclared-call POST https://x.example 1'],
  ],
  [
    'a longer path',
    [TOLD, call('https://mail.example/v1/riders/7/x')],
    ['undeclared-call POST https://mail.example 1'],
  ],
])('calls are compared with the plan: %s', (_, made, findings) =>
  expect(compareCalls(expected, made).map(({ kind, path, count }) => `${kind} ${path} ${count}`)).toEqual(findings),
);
