/** What the edge does with a request's header, by its lower-case name. */
export type RequestRule =
  | 'keep'
  | 'drop'
  | 'connection'
  | 'host'
  | 'cookie'
  | 'once'
  | 'length'
  | 'encoding'
  | 'expect'
  | 'trace'
  | 'explain'
  | 'override'
  | 'condition'
  | 'upgrade'
  | 'malformed'
  | 'edges'
  | 'hops-left';

/** The same for an answer's: `length`, `encoding`, `type` and `date` are read as well. */
export type ResponseRule =
  | 'keep'
  | 'drop'
  | 'connection'
  | 'length'
  | 'encoding'
  | 'type'
  | 'date'
  | 'trailer'
  | 'reference'
  | 'entity-tag'
  | 'malformed';

/** Names the edges a request has left, so that one which comes back is found out. */
export const EDGES_HEADER = 'x-banyan-edge';

/** What names addresses or belongs to one: kept, unless there are rules for the target's answers. */
const REFERENCES = ['location', 'content-location', 'refresh', 'link', 'set-cookie'];

const HOP_BY_HOP = [
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
];

const FORWARDING = ['forwarded', 'x-real-ip', 'x-shadow'];
const FORGEABLE = ['x-banyan-', 'x-user-', 'x-strangler-', 'x-forwarded-'];
const ONCE = ['content-type', 'authorization'];
const TRACE = ['traceparent', 'tracestate', 'baggage'];

/** Names a Connection list cannot take away: they belong to the request, whatever a client says about the hop. */
const END_TO_END = new Set([
  ...ONCE,
  'content-length',
  'host',
  'cookie',
  'content-encoding',
  'date',
  'set-cookie',
  'cache-control',
  'etag',
]);

/** What refers to an earlier answer. */
const CONDITIONS = ['if-none-match', 'if-match', 'if-range', 'range', 'last-event-id'];

const REQUEST_RULES = new Map<string, RequestRule>([
  ...[...HOP_BY_HOP, ...FORWARDING].map((name) => [name, 'drop'] as const),
  ...ONCE.map((name) => [name, 'once'] as const),
  ...TRACE.map((name) => [name, 'trace'] as const),
  ['connection', 'connection'],
  ['content-length', 'length'],
  ['transfer-encoding', 'encoding'],
  ['expect', 'expect'],
  ['host', 'host'],
  ['cookie', 'cookie'],
  ['upgrade', 'upgrade'],
  ['x-banyan-explain', 'explain'],
  ['x-banyan-override', 'override'],
  ...CONDITIONS.map((name) => [name, 'condition'] as const),
  [EDGES_HEADER, 'edges'],
  ['max-forwards', 'hops-left'],
]);

const RESPONSE_RULES = new Map<string, ResponseRule>([
  ...HOP_BY_HOP.map((name) => [name, 'drop'] as const),
  ['connection', 'connection'],
  ['content-length', 'length'],
  ['content-type', 'type'],
  ['date', 'date'],
  ['transfer-encoding', 'encoding'],
  ['trailer', 'trailer'],
  ...REFERENCES.map((name) => [name, 'reference'] as const),
  ['etag', 'entity-tag'],
]);

const NEVER_LATE = new Set(['set-cookie', 'location', 'cache-control', 'content-encoding', 'content-range', 'vary']);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

function requestRule(name: string): RequestRule {
  const rule = REQUEST_RULES.get(name);
  if (rule) return rule;
  if (!TOKEN.test(name)) return 'malformed';
  const known = asApplicationsSee(name);
  const isForged = REQUEST_RULES.get(known) === 'drop' || FORGEABLE.some((prefix) => known.startsWith(prefix));
  return isForged ? 'drop' : 'keep';
}

/** CGI and all that grew out of it (WSGI, Rack, PHP) make one variable of `X-User-Id` and `X_User_Id`. */
function asApplicationsSee(name: string): string {
  return name.replaceAll(/[^0-9a-z]/g, '-');
}

function responseRule(name: string): ResponseRule {
  const rule = RESPONSE_RULES.get(name);
  if (rule) return rule;
  if (!TOKEN.test(name)) return 'malformed';
  return name.startsWith('x-banyan-') ? 'drop' : 'keep';
}

const MEMORY = 512;

/** Remembers the rule per spelling, so that names are lower-cased once and not on every request. */
function remembered<Rule>(rule: (name: string) => Rule): (spelling: string) => Rule {
  const known = new Map<string, Rule>();
  return (spelling) => {
    const found = known.get(spelling);
    if (found !== undefined) return found;
    const answer = rule(spelling.toLowerCase());
    if (known.size < MEMORY) known.set(spelling, answer);
    return answer;
  };
}

export const ruleForRequest = remembered(requestRule);
export const ruleForResponse = remembered(responseRule);

/** The names a Connection header declares as belonging to this hop only. */
export function namesInConnection(value: string): string[] {
  return value
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && !END_TO_END.has(name));
}

/** Removes the named headers from a flat list of names and values. */
export function withoutHeaders(headers: readonly string[], names: readonly string[]): string[] {
  return headers.filter((_, i) => !names.includes((headers[i - (i % 2)] ?? '').toLowerCase()));
}

/** The fields behind a body that may pass; what says something about framing, session or routing may not come so late. */
export function cleanTrailers(raw: readonly string[]): string[] {
  return raw.filter((_, i) => mayTrail(raw[i - (i % 2)] ?? ''));
}

function mayTrail(name: string): boolean {
  return ruleForResponse(name) === 'keep' && !NEVER_LATE.has(name.toLowerCase());
}
