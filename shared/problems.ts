/** One thing that is wrong, in the shape every check of this project reports: all of them at once. */
export interface Problem {
  /** The thing: a setting, a path in a file, a table. */
  readonly subject: string;
  readonly value: string;
  readonly expected: string;
  readonly fix: string;
}

/** A list a person can act on, one line per problem. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map((p) => `${p.subject} is ${p.value}; expected ${p.expected}. Fix: ${p.fix}`).join('\n');
}
