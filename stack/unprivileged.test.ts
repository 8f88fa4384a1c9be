import { describe, expect, it } from '@jest/globals';
import { parsePostgresVersion } from './postgres-program.ts';
import { parseUsers } from './unprivileged.ts';

describe('a program that refuses to run as root', () => {
  it('finds the user to run as', () => {
    const text = 'root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n';
    expect(parseUsers(text).get('postgres')).toEqual({ uid: 101, gid: 104 });
  });

  it('says its version', () => {
    expect(parsePostgresVersion('postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)')).toBe('15.14');
    expect(parsePostgresVersion('postgres (PostgreSQL) 18beta1')).toBe('18');
    expect(parsePostgresVersion('something else')).toBe('0');
  });
});
