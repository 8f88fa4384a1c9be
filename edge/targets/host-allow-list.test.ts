import { describe, expect, it } from '@jest/globals';
import { HostAllowList, problemsOfEntries } from './host-allow-list.ts';

describe('the hosts targets may be at', () => {
  it.each([
    ['http://169.254.169.254/latest/meta-data'],
    ['http://2852039166/'], // 169.254.169.254 as one number
    ['http://0xa9.0xfe.0xa9.0xfe'],
    ['http://[::ffff:169.254.169.254]'],
    ['http://[fe80::1]:80'],
    ['http://[fd00:ec2::254]'],
    ['http://0.0.0.0:8081'],
    ['http://[::]:8081'],
    ['http://224.0.0.1'],
    ['http://255.255.255.255'],
  ])('never hold %s, allowed or not', (url) => {
    expect(new HostAllowList().problemOf(url)).toMatch(/^at .*, where no target may be$/);
    expect(new HostAllowList(['0.0.0.0/0', '::/0', '169.254.169.254']).problemOf(url)).toBeDefined();
  });

  it.each<[string[], string, boolean]>([
    [[], 'http://trips.internal:8081', true],
    [[], 'http://127.0.0.1:8081', true],
    [['10.0.0.0/8'], 'http://10.1.2.3', true],
    [['10.0.0.0/8'], 'http://11.1.2.3', false],
    [['::1'], 'http://[::1]:80', true],
    [['::1'], 'http://[::2]:80', false],
    [['*.internal'], 'http://trips.INTERNAL', true],
    [['*.internal'], 'http://internal', false],
    [['*.internal'], 'http://trips.internal.evil.example', false],
    [['trips.internal'], 'http://routes.internal', false],
    [['trips.internal'], 'http://10.1.2.3', false],
    // Where it is shows only when it is resolved.
    [['10.0.0.0/8'], 'http://trips.internal', true],
  ])('%j: %s is allowed: %s', (entries, url, isAllowed) => {
    expect(new HostAllowList(entries).problemOf(url) === undefined).toBe(isAllowed);
  });

  it.each([
    ['ftp://trips.internal', 'of the scheme ftp:, which the edge does not speak'],
    ['trips.internal', 'not a URL'],
    ['http://user:secret@trips.internal', 'carrying a user name, which would show in logs'],
  ])('refuse %s', (url, problem) => {
    expect(new HostAllowList().problemOf(url)).toBe(problem);
  });

  it('are looked at again when a name is resolved', () => {
    const list = new HostAllowList(['10.0.0.0/8', 'trips.internal']);
    expect(list.allows('elsewhere.example', '10.0.0.7')).toBe(true);
    expect(list.allows('elsewhere.example', '192.0.2.7')).toBe(false);
    expect(list.allows('trips.internal', '192.0.2.7')).toBe(true);
    expect(list.allows('trips.internal', '169.254.169.254')).toBe(false);
  });

  it('tell entries that name no host and no network', () => {
    const entries = ['10.0.0.0/8', '10.0.0.0/33', '::/129', 'a b', '*.internal', 'http://a', '*', 'ok.example', ''];
    expect(problemsOfEntries(entries)).toEqual(['10.0.0.0/33', '::/129', 'a b', 'http://a', '*']);
  });
});
