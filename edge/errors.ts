import { declareErrors } from '../shared/index.ts';

export const edgeErrors = declareErrors({
  EDGE_ROUTES_INVALID: {
    happened: 'The routes handed to the edge cannot be told apart or are not paths.',
    normal: 'When two plans name the same method and path.',
    todo: 'Let each method and path belong to one unit, written like /api/trips/{id}.',
  },
  EDGE_UNIT_INCOMPLETE: {
    happened: 'A unit has routes but no service address or no salt, or keeps values of answers that nothing seals.',
    normal: 'When a plan was added without its settings.',
    todo: 'Set the service address and the salt of every unit that has routes, and BANYAN_SHADOW_KEY where comparison.keep is.',
  },
  EDGE_TARGET_REFUSED: {
    happened: 'A target is at a host where none may be, or its address cannot be used. Nothing was sent there.',
    normal: 'After a typing error, or when an address is outside the allowed hosts.',
    todo: 'Correct the address, or name its host or network among the allowed ones.',
  },
  EDGE_RESTART_NEEDED: {
    happened:
      'An edge was told something anew that it can only take up at its start. The old configuration stays in force.',
    normal: 'When a unit or a limit of the listener was changed.',
    todo: 'Restart the edge, or take that change back.',
  },
  EDGE_PROXY_UNKNOWN: {
    happened: 'A trusted proxy is neither an address nor a network. Nobody was trusted; the edge did not start.',
    normal: 'When a proxy was given by its name.',
    todo: 'Name each proxy by its address or network, such as 10.0.0.0/8.',
  },
  EDGE_CALL_REFUSED: {
    happened: 'An edge got a call on its admin listener that it does not know or cannot answer.',
    normal: 'When edge and command line are of different versions, or read different plans.',
    todo: 'Run both of one version and with one plan.',
  },
  EDGE_ANSWERS_INVALID: {
    happened: 'The rules for addresses and cookies in answers name what there is not, or would do nothing.',
    normal: 'After a unit was renamed, or when only half of the settings were made.',
    todo: 'Name legacy or a unit, and origins such as http://legacy.internal:8080; choose report or rewrite.',
  },
  EDGE_BODY_PARSER_IN_FRONT: {
    happened: 'The edge was mounted in an application behind a body parser.',
    normal: 'When `express.json()` stands at the top of the application.',
    todo: 'Mount the edge first, and body parsers after it or on the routes that need them.',
  },
  EDGE_ACCESS_LOG_UNUSABLE: {
    happened: 'The file of the access log cannot be opened for writing.',
    normal: 'When its folder is missing or belongs to somebody else.',
    todo: 'Make the folder, or name another file; `stdout` needs neither.',
  },
  EDGE_TLS_UNUSABLE: {
    happened: 'The certificate or its key could not be read, or they do not belong together.',
    normal: 'On the first start with TLS; later a new certificate that cannot be used is not taken up.',
    todo: 'Name a certificate with its chain and its key, both PEM, that this process may read.',
  },
  EDGE_WORKER_FAILED: {
    happened: 'A process of an edge with several workers ended before it took requests.',
    normal: 'When a port is taken, or a setting is refused; its own last line says which.',
    todo: 'Read what the worker said before it ended, correct that, then start the edge again.',
  },
  EDGE_SECRET_EMPTY: {
    happened: 'The edge has nothing to sign with what services are told, or two things.',
    normal: 'On the first start of a new installation.',
    todo: 'Set the identity key, or the file of identity keys.',
  },
  EDGE_IDENTITY_KEYS_INVALID: {
    happened: 'The file of private keys that sign what services are told cannot be used.',
    normal: 'On the first start, before the file was made.',
    todo: 'Make it with `banyan identity-key rotate`, and give the same file to every edge.',
  },
  EDGE_SUBJECT_INVALID: {
    happened: 'The ways in which the edge is to tell who calls cannot work as they are.',
    normal: 'On the first start of a new installation.',
    todo: 'Set what the message names, or take the way out.',
  },
});
