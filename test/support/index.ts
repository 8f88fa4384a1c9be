export { expectNoChildren, expectNoConnections, useMariaDb, type TestDatabase, type TestServer } from './mariadb.ts';
export { childProcesses, processesNaming } from './processes.ts';
export { productFlags } from './product-flags.ts';
export { openOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
