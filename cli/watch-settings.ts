import type { Setting } from '../shared/index.ts';

/** Settings of tracing; the names are OpenTelemetry's own. Of every process. */
export const traceSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    type: 'string',
    default: '',
    help: 'address of an OTLP receiver, such as http://127.0.0.1:4318; empty traces nothing',
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    type: 'choice',
    oneOf: ['http/protobuf', 'http/json'],
    default: 'http/protobuf',
    help: 'http/protobuf or http/json',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    type: 'pairs',
    isSecret: true,
    default: '',
    help: 'headers for the receiver: name=value, with commas',
  },
  OTEL_SERVICE_NAME: { type: 'string', default: '', help: 'name of this process in traces; empty is its own' },
  OTEL_RESOURCE_ATTRIBUTES: { type: 'pairs', default: '', help: 'what else is true of it: name=value, with commas' },
  OTEL_TRACES_SAMPLER_ARG: {
    type: 'ratio',
    default: 0.1,
    help: 'share of the traces begun here that is recorded, 0 to 1; those that came in keep their own decision',
  },
} as const satisfies Record<string, Setting>;

/** Settings of what an edge says of its requests. */
export const accessSettings = {
  BANYAN_TRACE_CLIENTS: {
    type: 'boolean',
    default: true,
    help: 'continue the traces of clients; false begins a new one at the edge',
  },
  BANYAN_ACCESS_LOG: {
    type: 'string',
    default: '',
    help: 'stdout, stderr or a file for a line per request; empty: none',
  },
  BANYAN_ACCESS_LOG_SAMPLE: {
    type: 'ratio',
    default: 1,
    help: 'share of the requests that went well which has a line, 0 to 1; failures always have one',
  },
  BANYAN_ACCESS_LOG_FIELDS: {
    type: 'choices',
    oneOf: ['path', 'address'],
    default: '',
    help: 'what is personal in the access log: path, address, with commas; empty for nothing',
  },
} as const satisfies Record<string, Setting>;
