export { stackErrors } from './errors.ts';
export { startMariaDb, type MariaDb, type MariaDbOptions } from './mariadb.ts';
export { freePort } from './free-port.ts';
