/** What of a request tells whether a person is about to look at its answer. */
export interface PageRequest {
  readonly method: string;
  readonly headers: { value(name: string): string | undefined };
  readonly cookie: string | undefined;
}

/** A page and not one of the many things it loads, which all ask at the same time. */
export function isPageLoad({ method, headers }: PageRequest): boolean {
  if (method !== 'GET') return false;
  const mode = headers.value('sec-fetch-mode');
  return mode === undefined ? headers.value('accept')?.startsWith('text/html') === true : mode === 'navigate';
}
