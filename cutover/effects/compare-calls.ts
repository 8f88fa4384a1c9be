import type { OutgoingCall } from '../../edge/index.ts';
import type { ExpectedCall } from './effect-rule.ts';
import type { EffectFinding } from './finding.ts';

/** Compares what a handler would have asked of others with what the plan says that the route asks. */
export function compareCalls(expected: readonly ExpectedCall[], made: readonly OutgoingCall[]): EffectFinding[] {
  const left = [...made];
  const findings = expected.flatMap(({ method, url, count }): EffectFinding[] => {
    const pattern = patternOf(url);
    const fits = left.filter((call) => call.method === method.toUpperCase() && pattern.test(call.url));
    for (const call of fits) left.splice(left.indexOf(call), 1);
    const path = `${method.toUpperCase()} ${url}`;
    if (fits.length < count) return [{ kind: 'lost-call', path, count: count - fits.length }];
    return fits.length > count ? [{ kind: 'duplicate-call', path, count: fits.length - count }] : [];
  });
  // Of a call that nobody has declared only the host is told: its path may say who it is about.
  const others = left.map(({ method, url }) => ({
    kind: 'undeclared-call' as const,
    path: `${method} ${hostOf(url)}`,
    count: 1,
  }));
  return [...findings, ...others];
}

function patternOf(url: string): RegExp {
  const parts = url.split(/\{\w+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^/]+')}$`);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'somewhere';
}
