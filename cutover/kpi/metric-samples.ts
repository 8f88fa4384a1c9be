/** One line of Prometheus's text format. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** What a `/metrics` answered; lines that are no samples, and those of metrics with other names, are left out. */
export function samplesOf(text: string, prefix = ''): MetricSample[] {
  const lines = text.split('\n').filter((line) => line.startsWith(prefix));
  return lines.flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line.trim()) ?? [];
    return name === undefined ? [] : [{ name, labels: labelsOf(labels), value: numberOf(value ?? '') }];
  });
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(LABEL)].map(([, key = '', value = '']) => [key, unescaped(value)]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

/** `+Inf` as a bound of a bucket. */
export function numberOf(text: string): number {
  return /^[+-]?Inf$/.test(text) ? Number(text.replace('Inf', 'Infinity')) : Number(text);
}
