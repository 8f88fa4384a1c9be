export { stackErrors } from './errors.ts';
export { startMariaDb, type MariaDb, type MariaDbOptions } from './mariadb.ts';
export { startStack, stackServers, type RunningServer, type StackServer } from './servers.ts';
export { freePort } from './free-port.ts';
