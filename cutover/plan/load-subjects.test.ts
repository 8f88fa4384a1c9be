import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readSubjects } from './load-subjects.ts';

const folder = mkdtempSync(join(tmpdir(), 'subjects-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the file that says who calls', () => {
  it('of the example is good', () => {
    expect(readSubjects('migrations', {}).ways).toEqual([
      { way: 'session', cookie: 'fleet_session', format: 'signed-user-id' },
    ]);
  });

  it('takes addresses from the environment and names what is left out', () => {
    const text = `
ways:
  - way: jwt
    issuer: https://login.example
    audience: fleet
    jwks: "\${JWKS_URL}"
    tenantClaim: org
  - way: session
    cookie: sid
    format: opaque
    introspection: { url: "\${LEGACY_URL}/me", logout: [{ method: POST, path: /logout }] }
  - { way: api-key, file: keys.json }
by: tenant
`;
    const env = { JWKS_URL: 'https://login.example/keys', LEGACY_URL: 'http://legacy:8080' };
    expect(read(text, env)).toMatchObject({
      ways: [
        { jwks: 'https://login.example/keys', algorithms: ['RS256', 'ES256', 'EdDSA'] },
        { introspection: { url: 'http://legacy:8080/me', id: 'id' } },
        { header: 'x-api-key' },
      ],
      by: 'tenant',
    });
  });

  it.each<[string, string, string]>([
    ['no way', 'ways: []', 'ways is []'],
    ['an unknown way', 'ways: [{ way: ip }]', 'ways.0.way is "ip"'],
    ['a shared secret as signature', `ways: [{ ${jwt()}, algorithms: [HS256] }]`, 'ways.0.algorithms.0 is "HS256"'],
    ['no signature at all', `ways: [{ ${jwt()}, algorithms: [] }]`, 'ways.0.algorithms is []'],
    [
      'a header that is never let in',
      'ways: [{ way: api-key, header: x-user-id, file: k }]',
      'expected a header that is let in',
    ],
    ['a missing variable', 'ways: [{ way: api-key, file: "${KEYS}" }]', 'KEYS is empty'],
    ['the same way twice', `ways: [{ ${cookie()} }, { ${cookie()} }]`, 'naming cookie sid twice'],
    ['tenants nobody names', `ways: [{ ${cookie()} }]\nby: tenant`, 'expected a way that knows tenants'],
    ['visitors twice', `ways: [{ ${cookie()} }]\nvisitor: {}`, 'beside an opaque session'],
    ['unknown keys', `ways: [{ ${cookie()}, secret: x }]`, 'holding unknown keys secret'],
  ])('is refused with %s', (_, text, problem) => {
    expect(() => read(text, {})).toThrow(
      expect.objectContaining({ code: 'SUBJECTS_INVALID', message: expect.stringContaining(problem) }),
    );
  });

  it('is missed where it is not', () => {
    expect(() => readSubjects(join(folder, 'nowhere'), {})).toThrow('subjects.yaml is missing');
  });
});

function read(text: string, env: Record<string, string>): ReturnType<typeof readSubjects> {
  writeFileSync(join(folder, 'subjects.yaml'), text);
  return readSubjects(folder, env);
}

function jwt(): string {
  return 'way: jwt, issuer: i, audience: a, jwks: "https://login.example/keys"';
}

function cookie(): string {
  return 'way: session, cookie: sid, format: opaque';
}
