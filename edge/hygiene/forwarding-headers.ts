import type { ClientRequest } from '../client.ts';
import { EDGES_HEADER } from './header-rules.ts';
import type { HygienePolicy } from './policy.ts';

const MAPPED = '::ffff:';

/** What an earlier hop says of the client. */
interface Hop {
  readonly for: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
}

const NO_HOP: Hop = { for: undefined, proto: undefined, host: undefined, port: undefined };

/**
 * Lines that tell who asked, how and for what, and the edges the request has left. Of what the client says itself about that nothing
 * is believed, unless it is a trusted hop: then its own address is added to the list, once, and the rest stays.
 */
export function forwardingHeaders(
  request: ClientRequest,
  host: string,
  edges: string | undefined,
  { trustedHops, edgeId }: HygienePolicy,
): string {
  const from = plainAddress(request.socket.remoteAddress ?? '');
  const hop = trustedHops?.has(from) ? readHop(request.rawHeaders) : NO_HOP;
  const proto = hop.proto ?? (request.socket.encrypted ? 'https' : 'http');
  const who = `X-Forwarded-For: ${hop.for === undefined ? from : `${hop.for}, ${from}`}\r\nX-Forwarded-Proto: ${proto}\r\n`;
  const what = `X-Forwarded-Host: ${hop.host ?? host}\r\n${hop.port === undefined ? '' : `X-Forwarded-Port: ${hop.port}\r\n`}`;
  return `${who}${what}${EDGES_HEADER}: ${edges === undefined ? edgeId : `${edges}, ${edgeId}`}\r\n`;
}

/** The address of the client: the last one in the chain of hops that is no trusted proxy. */
export function clientAddress({ socket, rawHeaders }: ClientRequest, { trustedHops }: HygienePolicy): string {
  const from = plainAddress(socket.remoteAddress ?? '');
  if (!trustedHops?.has(from)) return from;
  const hops = (readHop(rawHeaders).for ?? '').split(',').map((hop) => plainAddress(hop.trim()));
  return hops.findLast((hop) => hop !== '' && !trustedHops.has(hop)) ?? from;
}

/** An IPv4 client of a listener for both versions is an IPv4 client. */
function plainAddress(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

function readHop(raw: readonly string[]): Hop {
  return {
    for: valueIn(raw, 'x-forwarded-for'),
    proto: valueIn(raw, 'x-forwarded-proto'),
    host: valueIn(raw, 'x-forwarded-host'),
    port: valueIn(raw, 'x-forwarded-port'),
  };
}

function valueIn(raw: readonly string[], name: string): string | undefined {
  const values = raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(', ');
}
