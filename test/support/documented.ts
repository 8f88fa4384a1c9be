import { readFileSync } from 'node:fs';

/** A command as a page shows it, with the exit code the page states (`# exit code N` behind it, else 0). */
export interface DocumentedCommand {
  readonly line: string;
  readonly args: readonly string[];
  readonly exitCode: number;
}

/** One fenced `sh` block and the `text` block behind it, if there is one. */
export interface DocumentedStep {
  readonly commands: readonly DocumentedCommand[];
  readonly prints: readonly string[];
}

interface Fence {
  readonly language: string;
  readonly lines: readonly string[];
}

/** All fenced blocks of a page, in order. */
export function fencesOf(path: string): Fence[] {
  const blocks = readFileSync(path, 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, language = '', body = '']) => ({ language, lines: body.trimEnd().split('\n') }));
}

export function stepsOf(path: string): DocumentedStep[] {
  const fences = fencesOf(path);
  return fences.flatMap((fence, i) => {
    if (fence.language !== 'sh') return [];
    const next = fences[i + 1];
    const prints = next?.language === 'text' ? next.lines : [];
    return [{ commands: fence.lines.map(parseCommand), prints }];
  });
}

function parseCommand(text: string): DocumentedCommand {
  const [, line = text, note = ''] = /^(.*?)(?:\s+# (.*))?$/.exec(text) ?? [];
  const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  return { line, args, exitCode: Number(/^exit code (\d+)/.exec(note)?.[1] ?? 0) };
}

/** The documented lines that no printed line is like: numbers and spacing aside, `…` stands for anything. */
export function notPrinted(expected: readonly string[], output: string): string[] {
  const lines = output.split('\n').map((line) => line.trim());
  return expected.filter((text) => !lines.some((line) => patternOf(text).test(line)));
}

function patternOf(text: string): RegExp {
  const source = text
    .trim()
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\d+/g, '\\d+')
    .replaceAll(/\s+/g, '\\s+')
    .replaceAll('…', '.*');
  return new RegExp(`^${source}$`);
}
