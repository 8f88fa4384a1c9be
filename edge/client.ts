import type { HeaderLines } from './hygiene/header-lines.ts';
import type { HeaderList } from './hygiene/header-list.ts';

/** The client's request as the journey reads it; Node's own is one. */
export interface ClientRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Names and values, flat, as they came. */
  readonly rawHeaders: readonly string[];
  /** Of its HTTP version; 1.1 when absent. */
  readonly httpVersionMajor?: number;
  readonly httpVersionMinor?: number;
  /** What hygiene reads out of the headers, when whoever took the request has read it already. */
  readonly head?: HeaderList;
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean };
}

/** A request that is here as a whole; its body, if any, has arrived with it. */
export interface WholeRequest extends ClientRequest {
  readonly wholeBody: Buffer | undefined;
}

/** A request whose body may still be on its way; Node's own is one. */
export interface ArrivingRequest extends ClientRequest {
  /** True once the body has arrived to its end. */
  readonly complete: boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  /** `end`: the body is whole. `close`: nothing more comes, whole or not. */
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  readonly destroyed: boolean;
  /** Takes no more of it: the client cannot go on with this connection, or with this request of it. */
  destroy(): unknown;
}

export type AnyRequest = ArrivingRequest | WholeRequest;

export function isWhole(request: AnyRequest): request is WholeRequest {
  return 'wholeBody' in request;
}

/** True for a client that knows no chunks, no 1xx and no trailers. */
/** Of none of the versions carried here: Node's parser also takes 2.0, and a line without a version as 0.9. */
export function isForeignVersion({ httpVersionMajor }: ClientRequest): boolean {
  return httpVersionMajor !== undefined && httpVersionMajor !== 1;
}

export function isHttp10({ httpVersionMajor, httpVersionMinor }: ClientRequest): boolean {
  return httpVersionMajor === 1 && httpVersionMinor === 0;
}

/** The head of a target's answer, without what belongs to the hop. */
export interface AnswerHead {
  readonly status: number;
  readonly message: string;
  readonly headers: HeaderLines;
  /** Bytes of the body to come, when announced and not chunked; -1 otherwise. */
  readonly length: number;
  readonly hasDate: boolean;
}

/** What the journey does with the client's end of a request; Node's response is one. */
export interface ClientResponse {
  /** Of the answer: false closes the connection behind it. To be set before the head. */
  shouldKeepAlive: boolean;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  readonly req: { readonly complete: boolean; resume(): unknown };
  /** Null while answers in front of it, to requests that came before, are under way; absent where nothing ever is. */
  readonly socket?: object | null;
  writeContinue(): void;
  writeProcessing(): void;
  /** Throws for links that cannot be sent as they are. */
  writeEarlyHints(hints: Record<string, string | string[]>): void;
  /** Headers: flat names and values. Throws when they cannot be sent as they are. */
  writeHead(status: number, message: string, headers: string[]): unknown;
  /** The same for the head of a target's answer, in lines that were read and found well-formed. */
  writeLines?(head: AnswerHead): void;
  /** Sent behind a chunked body; to be called before its end. */
  addTrailers(trailers: readonly [string, string][]): void;
  /** An empty chunk sends the head alone. False: the client does not keep up; 'drain' follows. */
  write(chunk: Buffer): boolean;
  end(): unknown;
  end(chunk: Buffer | string): unknown;
  end(chunk: string, encoding: 'latin1' | 'utf8'): unknown;
  /** Ends the connection at once. */
  destroy(): unknown;
  /** `close`: the client's connection has gone, or the answer is through. */
  on(event: 'close', listener: () => void): unknown;
  /** `socket`: it is its turn. */
  once(event: 'close' | 'drain' | 'socket', listener: () => void): unknown;
}
