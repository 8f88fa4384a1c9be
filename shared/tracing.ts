import type { Log } from './log.ts';

export type SpanKind = 'server' | 'client' | 'internal';
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Which span of which trace: what the headers `traceparent` and `tracestate` say. */
export interface SpanPlace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly state?: string | undefined;
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** Absent: the span begins a trace. */
  readonly parent?: SpanPlace | undefined;
  readonly attributes?: SpanAttributes;
  /** True for what happens rarely and matters: a trace it begins is recorded whatever the ratio. */
  readonly isAlwaysRecorded?: boolean;
}

/** Something that takes time. Attributes are names and codes; nothing personal (invariant 10). */
export interface Span {
  readonly place: SpanPlace;
  set(attributes: SpanAttributes): void;
  /** `error` names what went wrong by its code. */
  end(error?: string): void;
}

/** Where spans go. Absent when tracing is off: then nothing of it is loaded and nothing is asked. */
export interface Tracing {
  begin(name: string, options?: SpanOptions): Span;
  /** Sends what is left, for three seconds at most. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly service: string;
  /** Address of an OTLP receiver; `/v1/traces` is added to it. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly headers: Readonly<Record<string, string>>;
  /** Of the traces begun here, the share that is recorded; a trace that came in keeps its own decision. 0 to 1. */
  readonly ratio: number;
  readonly resource: Readonly<Record<string, string>>;
  readonly log: Log;
}

/** Loads the OpenTelemetry SDK, which nothing else does, and begins to export. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { OtelTracing } = await import('./otel-tracing.ts');
  return new OtelTracing(options);
}
