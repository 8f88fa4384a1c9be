/** So many requests in so long, counted for each subject, each address, or for everybody together. */
export interface RateRule {
  readonly per: RateScope;
  readonly requests: number;
  readonly seconds: number;
}

export const RATE_SCOPES = ['subject', 'address', 'route'] as const;
export type RateScope = (typeof RATE_SCOPES)[number];

/** `600/60`: six hundred requests a minute. Undefined when it is not of that form. */
export function parseRate(text: string): { requests: number; seconds: number } | undefined {
  const [, requests, seconds] = /^([1-9]\d{0,8})\/([1-9]\d{0,4})$/.exec(text) ?? [];
  if (requests === undefined || seconds === undefined) return undefined;
  return { requests: Number(requests), seconds: Number(seconds) };
}
