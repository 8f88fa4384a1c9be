import { silentLog } from '../../shared/index.ts';
import { startMariaDb, type MariaDbOptions } from '../../stack/index.ts';
import { createBinlogChangeSource } from './binlog-change-source.ts';
import { describeChangeSource, type SourceHarness } from './change-source.contract.ts';

async function startHarness(options?: MariaDbOptions): Promise<SourceHarness> {
  const server = await startMariaDb(options);
  return {
    server,
    createSource: (unit) => createBinlogChangeSource({ databaseUrl: server.url(), log: silentLog, ...unit }),
    follow: async () => undefined,
    close: () => server.stop(),
  };
}

describeChangeSource('the binlog of MariaDB', () => startHarness());
describeChangeSource('the binlog of MariaDB 11.4, whose row events carry no position', () =>
  startHarness({ way: 'maven' }),
);
