import { addressCases } from './sections/addresses.ts';
import type { Case } from './case.ts';
import { bodilessCases } from './sections/bodiless.ts';
import { brokenAnswerCases } from './sections/broken-answers.ts';
import { chunkCases } from './sections/chunks.ts';
import { contentCases } from './sections/content.ts';
import { deadTargetCases } from './sections/dead-targets.ts';
import { expectationCases } from './sections/expectations.ts';
import { endingCases } from './sections/endings.ts';
import { fallbackCases } from './sections/fallbacks.ts';
import { flagFaultCases } from './sections/flag-faults.ts';
import { forwardingCases } from './sections/forwarding.ts';
import { headCases } from './sections/heads.ts';
import { hopByHopCases } from './sections/hop-by-hop.ts';
import { http2Cases } from './sections/http2.ts';
import { isolationCases } from './sections/isolation.ts';
import { largeBodyCases } from './sections/large-bodies.ts';
import { lengthCases } from './sections/lengths.ts';
import { methodCases } from './sections/methods.ts';
import { ownWriteCases } from './sections/own-writes.ts';
import { mountedCases } from './sections/mounted.ts';
import { ownerCases } from './sections/owners.ts';
import { pathCases } from './sections/paths.ts';
import { repeatedHeaderCases } from './sections/repeated-headers.ts';
import { rolloutCases } from './sections/rollout.ts';
import { sessionCases } from './sections/sessions.ts';
import { shadowCases } from './sections/shadowing.ts';
import { sizeCases } from './sections/sizes.ts';
import { slownessCases } from './sections/slowness.ts';
import { streamCases } from './sections/streams.ts';
import { trailerCases } from './sections/trailers.ts';
import { upgradeCases } from './sections/upgrades.ts';

export const sectionA: readonly Case[] = [
  ...headCases,
  ...lengthCases,
  ...chunkCases,
  ...sizeCases,
  ...methodCases,
  ...slownessCases,
];

export const sectionB: readonly Case[] = [...hopByHopCases, ...forwardingCases, ...repeatedHeaderCases];

export const sectionC: readonly Case[] = [
  ...bodilessCases,
  ...expectationCases,
  ...trailerCases,
  ...contentCases,
  ...largeBodyCases,
  ...mountedCases,
];

export const sectionD: readonly Case[] = [...deadTargetCases, ...brokenAnswerCases, ...isolationCases];

export const sectionE: readonly Case[] = [...upgradeCases, ...streamCases, ...http2Cases, ...addressCases];

export const sectionF: readonly Case[] = [
  ...pathCases,
  ...ownerCases,
  ...rolloutCases,
  ...sessionCases,
  ...flagFaultCases,
  ...ownWriteCases,
  ...shadowCases,
  ...fallbackCases,
  ...endingCases,
];

/** All cases that are written. */
export const cases: readonly Case[] = [...sectionA, ...sectionB, ...sectionC, ...sectionD, ...sectionE, ...sectionF];
