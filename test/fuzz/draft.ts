/** A request as it is made up, before it becomes bytes: what is wrong with it may be in any part. All text is latin1. */
export interface Draft {
  method: string;
  target: string;
  version: string;
  /** As they go onto the wire, without their line ends. */
  lines: string[];
  /** With its framing. */
  body: string;
  /** Behind the request line and each header line. */
  eol: string;
}

export function bytesOf({ method, target, version, lines, body, eol }: Draft): string {
  const start = [method, target, version].filter((part) => part !== '').join(' ');
  return `${[start, ...lines].join(eol)}${eol}${eol}${body}`;
}
