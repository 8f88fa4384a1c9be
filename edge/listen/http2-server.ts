import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { AnyRequest, ClientResponse } from '../client.ts';
import type { EdgeLimits } from '../options.ts';
import { answerProblem, problems, type EdgeProblem } from '../problem.ts';
import type { Side } from './drain.ts';
import { Http2Sessions } from './http2-sessions.ts';
import { StreamAnswer } from './stream-answer.ts';
import { StreamRequest, type StreamOrigin } from './stream-request.ts';

export interface Http2Parts {
  readonly limits: EdgeLimits;
  readonly rejected: (problem: EdgeProblem) => void;
  readonly handler: (request: AnyRequest, response: ClientResponse) => void;
}

/** HTTP/2 towards clients. Listens for those with prior knowledge, and takes connections that were agreed on by ALPN. */
export interface Http2Side extends Side {
  readonly server: Http2Server;
  take(socket: Duplex): void;
}

/** What a client may take back of its requests in one go, and every second after that. A page that is left takes few. */
const RESET_BURST = 200;
const RESETS_PER_S = 30;
/** Frames that break the rules before the connection goes. */
const INVALID_FRAMES = 50;
/** More fields than hygiene allows come as far as being refused; still more end their stream. */
const FIELD_SLACK = 4;
const SESSION_MIB = 4;
const VISIBLE = /^[\x21-\x7e]*$/;

export function createHttp2(parts: Http2Parts): Http2Side {
  const { limits, rejected } = parts;
  const server = createServer({
    maxHeaderListPairs: FIELD_SLACK * limits.maxHeaders,
    maxSessionInvalidFrames: INVALID_FRAMES,
    maxSessionRejectedStreams: RESET_BURST,
    maxSessionMemory: SESSION_MIB,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESETS_PER_S,
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.maxHeaderBytes,
      enableConnectProtocol: false,
    },
  });
  server.maxConnections = limits.clientConnections;
  const sessions = new Http2Sessions(limits);
  server.on('session', (session) => begin(session, sessions, parts));
  server.on('sessionError', () => rejected(problems.malformedHttp2));
  server.on('drop', () => rejected(problems.full));
  return {
    server,
    take: (socket) => void server.emit('connection', socket),
    leave: () => sessions.leave(),
    endIdle: () => sessions.leave(),
    cut: () => sessions.cut(),
  };
}

function begin(session: ServerHttp2Session, sessions: Http2Sessions, parts: Http2Parts): void {
  const { remoteAddress } = session.socket;
  const origin: StreamOrigin = { remoteAddress, encrypted: session.encrypted === true };
  sessions.add(session);
  session.on('stream', (stream, _headers, _flags, raw) => {
    sessions.opened(session, stream);
    serve(stream, raw, origin, parts);
  });
}

function serve(stream: ServerHttp2Stream, raw: readonly string[], origin: StreamOrigin, parts: Http2Parts): void {
  stream.on('error', () => undefined);
  const request = new StreamRequest(stream, raw, origin);
  const answer = new StreamAnswer(stream, request);
  const problem = problemOf(request, raw, parts.limits);
  if (problem === undefined) return parts.handler(request, answer);
  parts.rejected(problem);
  answerProblem(answer, problem);
}

/** What the parser of HTTP/1.1 looks for there, and this one does not here. */
function problemOf({ url }: StreamRequest, raw: readonly string[], limits: EdgeLimits): EdgeProblem | undefined {
  if (bytesOf(raw) > limits.maxHeaderBytes) return problems.tooLarge;
  return VISIBLE.test(url) ? undefined : problems.badTarget;
}

function bytesOf(raw: readonly string[]): number {
  let bytes = 0;
  for (const text of raw) bytes += text.length;
  return bytes;
}
