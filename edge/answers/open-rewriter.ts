import type { EdgeMetrics } from '../observe/metrics.ts';
import type { EdgeOptions } from '../options.ts';
import type { TargetChoice } from '../targets/target-options.ts';
import { AnswerRewriter } from './answer-rewriter.ts';

/** What the edge does with the answers of one target; undefined where it leaves them as they are. */
export function openRewriter(
  name: string,
  choice: TargetChoice | undefined,
  options: EdgeOptions,
  metrics: EdgeMetrics,
): AnswerRewriter | undefined {
  const { references, answers = {}, cookieOwners = {} } = options;
  const foreign = Object.entries(cookieOwners).filter(([, owner]) => owner !== name);
  if (references === undefined && foreign.length === 0) return undefined;
  const rules = answers[name] ?? {};
  return new AnswerRewriter({
    ...rules,
    origins: [...urlsOf(choice), ...(rules.origins ?? [])],
    references,
    foreignCookies: new Set(foreign.map(([cookie]) => cookie)),
    referred: (header) => metrics.referred(name, header),
    leftOut: () => metrics.cookieLeftOut(name),
  });
}

/** One line for everything that is wrong with the rules for answers. */
export function problemsOfAnswers({ answers = {}, cookieOwners = {}, services, references }: EdgeOptions): string[] {
  const targets = new Set(['legacy', ...Object.keys(services)]);
  const named = [...Object.keys(answers), ...Object.values(cookieOwners)].filter((name) => !targets.has(name));
  const origins = Object.values(answers).flatMap((rules) => rules.origins ?? []);
  return [
    ...named.map((name) => `"${name}" is no target; expected ${[...targets].join(' or ')}`),
    ...origins.filter((origin) => !isOrigin(origin)).map((origin) => `"${origin}" is no origin such as http://a:8080`),
    ...(references === undefined && Object.keys(answers).length > 0
      ? ['rules for answers do nothing by themselves']
      : []),
  ];
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && /^\/?$/.test(new URL(text).pathname);
}

function urlsOf(choice: TargetChoice | undefined): string[] {
  if (choice === undefined) return [];
  if (typeof choice === 'string') return [choice];
  return [choice.url, ...(choice.endpoints?.from === 'list' ? choice.endpoints.urls : [])];
}
