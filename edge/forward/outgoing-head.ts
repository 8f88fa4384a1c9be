import type { AnswerRewriter } from '../answers/answer-rewriter.ts';
import { isHttp10, type AnswerHead } from '../client.ts';
import { HeaderLines } from '../hygiene/header-lines.ts';
import { withoutHeaders } from '../hygiene/header-rules.ts';
import type { Head } from './answer-head.ts';
import type { ForwardJob } from './forwarder.ts';

/** True for an answer whose body no client may see, whatever the target sends. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205;
}

/** What the client is given of a target's head: most heads are given on as they are. */
export function outgoingHead(given: Head, job: ForwardJob): AnswerHead {
  const { answers, origin, extraHeaders } = job;
  const own = given.hasReferences && answers ? rewritten(given, job, answers) : given;
  const marked = origin ? origin.mark(own, job.documentPath) : own;
  const framed = isBodiless(marked.status) || marked.trailer !== undefined ? reframed(marked, job) : marked;
  return extraHeaders ? { ...framed, headers: framed.headers.andText(extraHeaders.text) } : framed;
}

/** 204 has no length, and 205 the length zero. Trailers are announced to who can take them. */
function reframed(head: Head, job: ForwardJob): AnswerHead {
  if (!isBodiless(head.status)) return mayTrail(head, job) ? withLine(head, 'Trailer', head.trailer ?? '') : head;
  const headers = HeaderLines.ofList(withoutHeaders(head.headers.list, ['content-length']));
  const bare = { ...head, headers, length: 0 };
  return head.status === 205 ? withLine(bare, 'Content-Length', '0') : bare;
}

function mayTrail({ status }: Head, { method, request }: ForwardJob): boolean {
  return status !== 304 && method !== 'HEAD' && !isHttp10(request);
}

function rewritten(head: Head, job: ForwardJob, answers: AnswerRewriter): Head {
  return { ...head, headers: answers.rewrite(head.headers, () => job.publicOrigin()) };
}

function withLine(head: AnswerHead, name: string, value: string): AnswerHead {
  return { ...head, headers: head.headers.and(name, value) };
}
