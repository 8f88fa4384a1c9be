import { describe, expect, it } from '@jest/globals';
import { change, decoderOf } from '../testing/messages.ts';
import { isMarkedBy, originOf } from './transaction-origin.ts';

const uuid = '24bc7850-2c16-11e6-a073-0242ac110002';
const ours = { domain: 7701, tag: 'banyan_forward' };

describe('originOf', () => {
  it('E17 reads the domain of a MariaDB transaction', () => {
    expect(originOf('7701-1-18446744073709551615')).toEqual({
      kind: 'mariadb',
      domain: 7701,
      server: 1,
      sequence: 18_446_744_073_709_551_615n,
    });
  });

  it('E18 reads server and tag of a MySQL transaction', () => {
    expect(originOf(`${uuid}:23`)).toEqual({ kind: 'mysql', uuid, tag: null, sequence: 23n });
    expect(originOf(`${uuid.toUpperCase()}:banyan_forward:7`)).toMatchObject({
      uuid,
      tag: 'banyan_forward',
      sequence: 7n,
    });
  });

  it('E19 reads the place of a transaction without a GTID', () => {
    expect(originOf('file=mysql-bin.000003,pos=154')).toEqual({
      kind: 'place',
      file: 'mysql-bin.000003',
      offset: 154n,
    });
  });

  it.each(['', '0-1', '0-1-2-3', `${uuid}:1-5`, `${uuid}:1,${uuid}:2`, 'file=x', '-1-1-1'])(
    'knows nothing of %j',
    (id) => {
      expect(originOf(id)).toBeUndefined();
    },
  );

  it('tells the writes of a stream by domain or tag, and none where GTIDs are off', () => {
    expect(
      ['7701-1-5', '0-1-5', `${uuid}:BANYAN_forward:5`, `${uuid}:5`, 'file=a,pos=1'].map((id) => isMarkedBy(id, ours)),
    ).toEqual([true, false, true, false, false]);
  });

  it('E18 and E19: a record carries the id as the connector says it', () => {
    const decode = decoderOf({ id: 'INT NOT NULL' });
    for (const id of [`${uuid}:banyan_forward:7`, 'file=mysql-bin.000003,pos=154']) {
      const source = { connector: 'mysql', gtid: id };
      const record = decode(
        change({ after: { id: 1 }, source, transaction: { id, total_order: 1, data_collection_order: 1 } }),
      );
      expect(record).toMatchObject({ transactionId: id });
    }
  });
});
