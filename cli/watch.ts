import type { AccessLogField, AccessLogOptions } from '../edge/index.ts';
import { openTracing, readPairs, type Log, type SettingsOf, type Tracing } from '../shared/index.ts';
import type { OpenParts } from './open-parts.ts';
import type { accessSettings, traceSettings } from './watch-settings.ts';

export type TraceSettings = SettingsOf<typeof traceSettings>;
export type AccessSettings = SettingsOf<typeof accessSettings>;

/** Where this process's spans go; undefined while nobody is named to receive them. */
export async function startTracing(
  settings: TraceSettings,
  name: string,
  log: Log,
  open: OpenParts,
): Promise<Tracing | undefined> {
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === '') return undefined;
  const tracing = await openTracing({
    service: settings.OTEL_SERVICE_NAME || name,
    endpoint,
    protocol: settings.OTEL_EXPORTER_OTLP_PROTOCOL,
    headers: readPairs(settings.OTEL_EXPORTER_OTLP_HEADERS) ?? {},
    ratio: settings.OTEL_TRACES_SAMPLER_ARG,
    resource: readPairs(settings.OTEL_RESOURCE_ATTRIBUTES) ?? {},
    log,
  });
  open.add(() => tracing.close());
  return tracing;
}

export function accessLogOf(settings: AccessSettings): AccessLogOptions | undefined {
  const { BANYAN_ACCESS_LOG: to, BANYAN_ACCESS_LOG_SAMPLE: sample, BANYAN_ACCESS_LOG_FIELDS: fields } = settings;
  if (to === '') return undefined;
  const named = fields.split(',').map((field) => field.trim());
  return {
    to: to === 'stdout' ? 1 : to === 'stderr' ? 2 : to,
    sample,
    fields: named.filter((field): field is AccessLogField => field === 'path' || field === 'address'),
  };
}
