import { problems, type EdgeProblem } from '../problem.ts';

type ParseError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

const REQUEST_LINE = /^[A-Z]+ \S+ HTTP\/1\.[01]\r\n/;
const LINE_BYTES = 2048;

/** What Node's parser, or its patience, ended a connection for. */
export function faultOf(error: ParseError): EdgeProblem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return problems.tooLarge;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problems.timeout;
    case 'HPE_INVALID_METHOD':
      return startsLikeHttp(error) ? problems.unknownMethod : problems.malformed;
    default:
      return problems.malformed;
  }
}

function startsLikeHttp({ rawPacket }: ParseError): boolean {
  return rawPacket !== undefined && REQUEST_LINE.test(rawPacket.toString('latin1', 0, LINE_BYTES));
}
