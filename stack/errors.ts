import { declareErrors } from '../shared/index.ts';

export const stackErrors = declareErrors({
  STACK_PROGRAM_MISSING: {
    happened: 'A server program of the local stack was not found and no way of getting it worked.',
    normal: 'On a machine without the program, without root, without Maven and without a Docker engine.',
    todo: 'Run the command the message ends with, then start again.',
  },
  STACK_WAY_UNKNOWN: {
    happened: 'BANYAN_MARIADB names a way of getting MariaDB that does not exist.',
    normal: 'After a typing mistake.',
    todo: 'Unset BANYAN_MARIADB or set it to path, debian, maven or docker.',
  },
  STACK_SERVER_UNKNOWN: {
    happened: 'A server was asked for that the local stack does not have.',
    normal: 'After a typing mistake.',
    todo: 'Use one of the names the message lists.',
  },
  STACK_START_FAILED: {
    happened: 'A server of the local stack ended, or did not answer a query in time, while it was being started.',
    normal: 'When the disk is full, the temporary folder is not writable or an extra flag is not known to the server.',
    todo: 'Read the end of the server log quoted in the message.',
    retriable: true,
  },
  STACK_CONNECTOR_FAILED: {
    happened: 'Kafka Connect refused a connector, or the connector or one of its tasks failed when it started.',
    normal: 'When the database is not reachable for it, an account lacks a grant, or a setting has a wrong value.',
    todo: 'Correct what the worker names in the message, then create the connector again.',
  },
  STACK_COMMAND_FAILED: {
    happened: 'A helper program (package manager, Maven, Go, Docker) ended with an error.',
    normal: 'Without a network, or when the package registry is not reachable.',
    todo: 'Run the command of the message by hand and read its output.',
    retriable: true,
  },
});
