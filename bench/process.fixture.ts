import { answerAndEnd, givenOptions } from './process.ts';

/** A program that answers with much at once, or dies before it says a word. */
const { rows, exitCode } = givenOptions() as { rows: number; exitCode: number };
if (exitCode !== 0) process.exit(exitCode);
answerAndEnd(Array.from({ length: rows }, (_, i) => [i, i / 3]));
