/** The part of Jest's `--json` report that is counted. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults?: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

/** One step of `npm test`. A Jest step that crashed before its report has none. */
export interface StepResult {
  readonly name: string;
  readonly exitCode: number;
  readonly report?: JestReport;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The steps a person has to look at, in words. */
  readonly reasons: readonly string[];
}

/** A contract suite may leave a case out for one implementation when its title says why. */
const REASONED = /\(not here: .+\)$/;

/** Sums the steps up. A step that failed without a failed test to show for it counts as one; in CI so does a skip. */
export function summarize(steps: readonly StepResult[], ci: boolean): Summary {
  const counted = steps.map((step) => countStep(step, ci));
  const sum = (key: 'passed' | 'failed' | 'skipped'): number => counted.reduce((total, step) => total + step[key], 0);
  const reasons = counted.flatMap((step) => step.reasons);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), reasons };
}

function countStep({ name, exitCode, report }: StepResult, ci: boolean): Summary {
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0) - reasonedSkips(report);
  const broken = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  const failed = broken === 0 && exitCode !== 0 ? 1 : broken;
  const reasons = [
    ...(failed > 0 ? [`${name} failed`] : []),
    ...(ci && skipped > 0 ? [`${name} skipped ${skipped} tests, which CI does not accept`] : []),
  ];
  return { passed: report?.numPassedTests ?? 0, failed: failed + (ci ? skipped : 0), skipped, reasons };
}

function reasonedSkips(report: JestReport | undefined): number {
  const all = (report?.testResults ?? []).flatMap(({ assertionResults }) => assertionResults);
  return all.filter(({ status, title }) => status === 'pending' && REASONED.test(title)).length;
}
