import {
  createTraceState,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as OtelSpan,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { Log } from './log.ts';
import type { Span, SpanAttributes, SpanOptions, SpanPlace, Tracing, TracingOptions } from './tracing.ts';
import { packageVersion } from './version.ts';

const KINDS = { server: OtelKind.SERVER, client: OtelKind.CLIENT, internal: OtelKind.INTERNAL };
/** For one export, its retries included, and so for the last one too. */
const EXPORT_MS = 3000;

/** The one file that knows the OpenTelemetry SDK; loaded by `openTracing` alone. */
export class OtelTracing implements Tracing {
  readonly #processor: BatchSpanProcessor;
  readonly #tracer: Tracer;
  readonly #alwaysTracer: Tracer;

  constructor(options: TracingOptions) {
    const version = packageVersion();
    diag.setLogger(diagnosticsOf(options.log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    this.#processor = new BatchSpanProcessor({
      exporter: exporterOf(options),
      scheduledDelayMillis: 1000,
      exportTimeoutMillis: EXPORT_MS,
    });
    const attributes = { ...options.resource, 'service.name': options.service, 'service.version': version };
    const resource = defaultResource().merge(resourceFromAttributes(attributes));
    const tracerOf = (root: Sampler): Tracer => {
      const sampler = new ParentBasedSampler({ root });
      return new TracerProvider({ resource, sampler, spanProcessors: [this.#processor] }).getTracer('banyan', version);
    };
    this.#tracer = tracerOf(new TraceIdRatioBasedSampler(options.ratio));
    this.#alwaysTracer = tracerOf(new AlwaysOnSampler());
  }

  begin(name: string, options: SpanOptions = {}): Span {
    const { kind = 'internal', parent, attributes = {}, isAlwaysRecorded = false } = options;
    const tracer = isAlwaysRecorded ? this.#alwaysTracer : this.#tracer;
    return new RecordedSpan(tracer.startSpan(name, { kind: KINDS[kind], attributes }, contextOf(parent)));
  }

  /** A receiver that is gone costs the spans, not the end of the process. */
  async close(): Promise<void> {
    await this.#processor.shutdown().catch(() => undefined);
  }
}

class RecordedSpan implements Span {
  readonly #span: OtelSpan;
  readonly place: SpanPlace;

  constructor(span: OtelSpan) {
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    this.#span = span;
    this.place = {
      traceId,
      spanId,
      isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
      state: traceState?.serialize(),
    };
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes);
  }

  end(error?: string): void {
    if (error !== undefined) this.#span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }
}

function contextOf(parent: SpanPlace | undefined): Context {
  if (!parent) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled, state } = parent;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const traceState = state === undefined ? undefined : createTraceState(state);
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(traceState && { traceState }),
  });
}

function exporterOf({ endpoint, protocol, headers }: TracingOptions): SpanExporter {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const config = { url, headers: { ...headers }, timeoutMillis: EXPORT_MS };
  return protocol === 'http/json' ? new JsonExporter(config) : new ProtobufExporter(config);
}

/** What the SDK has to say goes where everything else is said. */
function diagnosticsOf(log: Log): Parameters<typeof diag.setLogger>[0] {
  const say = (level: 'debug' | 'warn' | 'error') => (message: string) =>
    log[level]({ from: 'opentelemetry' }, message);
  return { error: say('error'), warn: say('warn'), info: say('debug'), debug: say('debug'), verbose: say('debug') };
}
