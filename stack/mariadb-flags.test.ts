import { describe, expect, it } from '@jest/globals';
import { dockerRunArguments } from './docker-server.ts';
import { randomServerId, serverFlags } from './mariadb-flags.ts';
import { parseVersion } from './mariadb-path.ts';

const relaxed = { serverId: 7, durable: false, extra: [] };

describe('the flags of a server', () => {
  it('flush every commit only when durable', () => {
    expect(serverFlags(relaxed)).toEqual(
      expect.arrayContaining(['--sync-binlog=0', '--innodb-flush-log-at-trx-commit=2']),
    );
    expect(serverFlags({ ...relaxed, durable: true })).toEqual(
      expect.arrayContaining(['--sync-binlog=1', '--innodb-flush-log-at-trx-commit=1']),
    );
  });

  it('end with the extra ones, so that those win', () => {
    expect(serverFlags({ ...relaxed, extra: ['--binlog-format=MIXED'] }).at(-1)).toBe('--binlog-format=MIXED');
  });

  it('hold a server id within the range MariaDB accepts', () => {
    expect(randomServerId(() => 0)).toBe(1);
    expect(randomServerId(() => 1 - Number.EPSILON)).toBeLessThanOrEqual(0xff_ff_ff_ff);
  });

  it('are the same in a container, behind a port published on the loopback only', () => {
    const args = dockerRunArguments('one', 4001, 'mariadb:10.11', serverFlags(relaxed));
    expect(args).toEqual(expect.arrayContaining(['127.0.0.1:4001:3306', ...serverFlags(relaxed)]));
    expect(args.indexOf('mariadb:10.11')).toBeLessThan(args.indexOf('--server-id=7'));
  });
});

describe('the version of a server', () => {
  it('is read from what the server prints, without the packager’s suffix', () => {
    expect(parseVersion('mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)')).toBe(
      '10.11.19-MariaDB',
    );
    expect(parseVersion('something else')).toBe('unknown');
  });
});
