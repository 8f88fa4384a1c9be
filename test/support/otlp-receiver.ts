import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { bytes, integer, readFields, text, type Fields } from './protobuf.ts';

/** A span as it arrived over the wire. */
export interface ReceivedSpan {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentId: string;
  readonly state: string;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly service: unknown;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Everything that was sent, as it was. */
  readonly bodies: Buffer[];
  readonly headers: IncomingMessage['headers'][];
  close(): Promise<void>;
}

type Values = ReceivedSpan['attributes'];

/** A receiver of traces by OTLP over HTTP, protobuf or JSON, as a collector is one. */
export async function openOtlpReceiver(): Promise<OtlpReceiver> {
  const receiver = { spans: [] as ReceivedSpan[], bodies: [] as Buffer[], headers: [] as IncomingMessage['headers'][] };
  const server = createServer((request, response) => {
    void receive(request, response);
  }).listen(0, '127.0.0.1');
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const type = request.headers['content-type'];
    const isTraces = request.url === '/v1/traces' && request.method === 'POST';
    if (isTraces) receiver.spans.push(...(type === 'application/json' ? fromJson(body) : fromProtobuf(body)));
    receiver.bodies.push(body);
    receiver.headers.push(request.headers);
    response.writeHead(isTraces ? 200 : 404, { 'Content-Type': type }).end();
  }
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(receiver, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close });
}

const KINDS = ['internal', 'internal', 'server', 'client'] as const;
const ERROR = 2;

interface JsonAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

interface JsonTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly kind: number;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly traceState?: string;
        readonly status?: { readonly code?: number };
        readonly attributes: readonly JsonAttribute[];
      }[];
    }[];
  }[];
}

function fromJson(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as JsonTraces;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ name, kind, traceId, spanId, parentSpanId = '', traceState = '', status, attributes }) => ({
        name,
        kind: KINDS[kind] ?? 'internal',
        traceId,
        spanId,
        parentId: parentSpanId,
        state: traceState,
        isError: status?.code === ERROR,
        attributes: jsonValues(attributes),
        service: jsonValues(resource.attributes)['service.name'],
      })),
  );
}

function jsonValues(attributes: readonly JsonAttribute[]): Values {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']));
}

/** The field numbers are those of opentelemetry/proto/trace/v1/trace.proto. */
function fromProtobuf(body: Buffer): ReceivedSpan[] {
  return bytes(readFields(body), 1)
    .map(readFields)
    .flatMap((resourceSpans) => {
      const service = protobufValues(readFields(bytes(resourceSpans, 1)[0] ?? Buffer.of()), 1)['service.name'];
      const scopes = bytes(resourceSpans, 2).map(readFields);
      return scopes.flatMap((scope) => bytes(scope, 2)).map((span) => spanOf(readFields(span), service));
    });
}

function spanOf(span: Fields, service: unknown): ReceivedSpan {
  const id = (number: number): string => bytes(span, number)[0]?.toString('hex') ?? '';
  const status = readFields(bytes(span, 15)[0] ?? Buffer.of());
  return {
    name: text(span, 5),
    traceId: id(1),
    spanId: id(2),
    parentId: id(4),
    state: text(span, 3),
    service,
    kind: KINDS[Number(integer(span, 6) ?? 0n)] ?? 'internal',
    isError: Number(integer(status, 3) ?? 0n) === ERROR,
    attributes: protobufValues(span, 9),
  };
}

function protobufValues(message: Fields, number: number): Values {
  const pairs = bytes(message, number).map(readFields);
  return Object.fromEntries(
    pairs.map((pair) => [text(pair, 1), anyValue(readFields(bytes(pair, 2)[0] ?? Buffer.of()))]),
  );
}

function anyValue(value: Fields): string | number | boolean {
  const whole = integer(value, 3);
  if (whole !== undefined) return Number(whole);
  const truth = integer(value, 2);
  return truth === undefined ? text(value, 1) : truth === 1n;
}
