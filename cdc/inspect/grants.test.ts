import { describe, expect, it } from '@jest/globals';
import { allows, coversSchema, parseGrant } from './grants.ts';

const grantOf = (text: string) => parseGrant(`GRANT ${text} TO \`u\`@\`%\``);

describe('a line of SHOW GRANTS', () => {
  it.each([
    ['SELECT, INSERT ON *.*', { privileges: ['SELECT', 'INSERT'], schema: '*', table: '*' }],
    ['ALL PRIVILEGES ON `shop`.*', { privileges: ['ALL PRIVILEGES'], schema: 'shop', table: '*' }],
    ['SELECT ON `shop`.`orders`', { privileges: ['SELECT'], schema: 'shop', table: 'orders' }],
    ['SELECT ON `sh``op`.`or``ders`', { privileges: ['SELECT'], schema: 'sh``op', table: 'or``ders' }],
  ])('is read: %s', (text, expected) => {
    expect(grantOf(text)).toEqual(expected);
  });

  it('gives nothing on a table for a privilege on some of its columns', () => {
    expect(grantOf('SELECT (a, b), INSERT ON `shop`.`orders`')?.privileges).toEqual(['INSERT']);
  });

  it('that grants a role or a proxy allows nothing by itself', () => {
    expect(parseGrant('GRANT `reader` TO `u`@`%`')).toBeUndefined();
  });

  it('allows a privilege under its old and its new name', () => {
    const grant = { privileges: ['BINLOG MONITOR'], schema: '*', table: '*' };
    expect(allows(grant, 'REPLICATION CLIENT')).toBe(true);
    expect(allows(grant, 'SELECT')).toBe(false);
  });

  it.each([
    ['*', 'shop', true],
    ['shop', 'shop', true],
    ['sho_', 'shop', true],
    ['s%', 'shop', true],
    ['my\\_shop', 'my_shop', true],
    ['my\\_shop', 'myxshop', false],
    ['shop', 'shop2', false],
    ['sh.p', 'shop', false],
  ])('on %s covers %s: %s', (schema, name, expected) => {
    expect(coversSchema({ privileges: [], schema, table: '*' }, name)).toBe(expected);
  });
});
