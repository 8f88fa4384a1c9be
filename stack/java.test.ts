import { describe, expect, it } from '@jest/globals';
import { javaFlags, javaMajor, properties } from './java.ts';

describe('Java', () => {
  it('is known by its major version, also from vendors that print a name', () => {
    expect(javaMajor('openjdk 17.0.15 2025-04-15\nOpenJDK Runtime Environment')).toBe(17);
    expect(javaMajor('java 21.0.2 2024-01-16 LTS')).toBe(21);
    expect(javaMajor('')).toBe(0);
  });

  it('leaves no file outside the folder of its server', () => {
    expect(javaFlags('/f', '512m')).toEqual(
      expect.arrayContaining(['-Xmx512m', '-XX:-UsePerfData', '-Djava.io.tmpdir=/f']),
    );
  });

  it('reads settings whose values hold backslashes', () => {
    expect(properties({ regex: 'a\\.b', port: 1 })).toBe('regex=a\\\\.b\nport=1\n');
  });
});
