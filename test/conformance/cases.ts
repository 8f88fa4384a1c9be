import type { Case } from './case.ts';
import { chunkCases } from './sections/chunks.ts';
import { headCases } from './sections/heads.ts';
import { lengthCases } from './sections/lengths.ts';
import { methodCases } from './sections/methods.ts';
import { sizeCases } from './sections/sizes.ts';
import { slownessCases } from './sections/slowness.ts';

export const sectionA: readonly Case[] = [
  ...headCases,
  ...lengthCases,
  ...chunkCases,
  ...sizeCases,
  ...methodCases,
  ...slownessCases,
];

/** All cases that are written. */
export const cases: readonly Case[] = [...sectionA];
