import type { Span, SpanAttributes, SpanPlace, Tracing } from '../../shared/index.ts';
import type { Endpoint, ForwardOutcome } from '../forward/forwarder.ts';
import { withoutHeaders } from '../hygiene/header-rules.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';
import { traceHeaders, type TraceContext } from '../hygiene/trace-context.ts';
import type { Journey } from '../journey.ts';

const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage'];

/**
 * The spans of one request: a server span for all of it, and a client span each time it is sent to a target. They hold
 * templates, names and codes, never the path, the query or who asks (invariant 10).
 */
export class RequestTrace {
  readonly #tracing: Tracing;
  readonly #came: TraceContext | undefined;
  readonly #hasHeaders: boolean;
  readonly #server: Span;
  #client: Span | undefined;

  /** `continues`: goes on with the trace the client says its request belongs to. */
  constructor(tracing: Tracing, { method, route, clean }: Journey, continues: boolean) {
    this.#tracing = tracing;
    this.#came = continues ? clean.trace : undefined;
    this.#hasHeaders = clean.trace !== undefined;
    const attributes = { 'http.request.method': method, ...(route && { 'http.route': route.path }) };
    const name = route ? `${method} ${route.path}` : method;
    this.#server = tracing.begin(name, { kind: 'server', parent: placeOf(this.#came), attributes });
  }

  get traceId(): string {
    return this.#server.place.traceId;
  }

  /** Begins the span of one sending. Returns the headers with the trace as it goes on from there. */
  send(headers: HeaderLines, method: string, endpoint: Endpoint): HeaderLines {
    const attributes = { 'http.request.method': method, ...addressOf(endpoint), 'banyan.target': endpoint.name };
    this.#client = this.#tracing.begin(method, { kind: 'client', parent: this.#server.place, attributes });
    const { traceId, spanId, isSampled, state } = this.#client.place;
    const traceparent = `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
    const onward = traceHeaders({ traceparent, tracestate: state, baggage: this.#came?.baggage });
    const others = this.#hasHeaders ? withoutHeaders(headers.list, TRACE_HEADERS) : headers.list;
    return HeaderLines.ofList([...others, ...onward]);
  }

  /** The sending has ended. */
  sent(outcome: ForwardOutcome): void {
    const client = this.#client;
    this.#client = undefined;
    if (outcome.kind === 'failed') return client?.end(outcome.failure);
    if (outcome.kind === 'client-gone' || outcome.kind === 'client-slow') return client?.end(outcome.kind);
    client?.set({ 'http.response.status_code': outcome.status });
    client?.end(errorOf(outcome.kind, outcome.status, 400));
  }

  /** The request has ended, with the status the client was given; below zero when it saw no whole answer. */
  end({ route, state, decision, status }: Journey): void {
    this.#client?.end();
    const server = this.#server;
    if (decision) server.set({ 'banyan.target': decision.target, 'banyan.reason': decision.reason });
    if (route) server.set({ 'banyan.unit': route.unit });
    if (state) server.set({ 'banyan.stage': state.stage, 'banyan.epoch': state.epoch });
    if (status > 0) server.set({ 'http.response.status_code': status });
    server.end(status < 0 ? 'aborted' : errorOf('answered', status, 500));
  }
}

function placeOf(came: TraceContext | undefined): SpanPlace | undefined {
  if (came?.traceparent === undefined) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = came.traceparent.split('-');
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1, state: came.tracestate };
}

/** For whom a 4xx is an error: for whoever asked, not for whoever answered. */
function errorOf(kind: string, status: number, from: number): string | undefined {
  if (kind !== 'answered') return kind;
  return status >= from ? String(status) : undefined;
}

const addresses = new WeakMap<Endpoint, SpanAttributes>();

function addressOf(endpoint: Endpoint): SpanAttributes {
  const known = addresses.get(endpoint);
  if (known) return known;
  const { hostname, port, protocol } = new URL(endpoint.url);
  const address = { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) };
  addresses.set(endpoint, address);
  return address;
}
