import type { Answer } from '../shadow/compare/answer.ts';

export interface Trip {
  readonly id: number;
  readonly fare: string;
  readonly note: string | null;
  readonly startedAt: string;
  readonly tags: readonly string[];
}

/** What one side says to one question. */
export interface Page {
  readonly requestId: string;
  readonly servedAt: string;
  readonly banner: string;
  readonly trips: readonly Trip[];
}

/** What is wrong with a candidate: its answer to the question with that number, instead of a right one. */
export type Defect = (right: Page, question: number, random: () => number) => Page | Answer;

/**
 * A list of trips as an application gives it: always the same rows for a question, and around them what differs each
 * time: an id of the request, the time, tags in any order, one of two texts.
 */
export function pageOf(question: number, random: () => number): Page {
  const first = (question * 13) % 1000;
  return {
    requestId: Math.floor(random() * 1e15).toString(36),
    servedAt: new Date(1.8e12 + question * 50 + random() * 20).toISOString(),
    banner: random() < 0.5 ? 'Ride now' : 'Where to?',
    trips: [5, 4, 3, 2, 1].map((i) => tripOf(first + i, random)),
  };
}

function tripOf(id: number, random: () => number): Trip {
  const tags = [`city${id % 7}`, `rider${id % 11}`, 'app'];
  return {
    id,
    fare: (id * 1.37).toFixed(2),
    note: id % 3 === 0 ? null : `note ${id}`,
    startedAt: new Date(1.7e12 + id * 60_000).toISOString(),
    tags: random() < 0.5 ? tags : tags.toReversed(),
  };
}

export function answerOf(page: Page | Answer): Answer {
  if ('status' in page) return page;
  return { status: 200, headers: ['Content-Type', 'application/json'], body: Buffer.from(JSON.stringify(page)) };
}

const eachTrip = (page: Page, change: (trip: Trip) => object): Page => ({
  ...page,
  trips: page.trips.map((trip) => ({ ...trip, ...change(trip) })),
});

/** Mistakes as they are made, and where each is to be found. */
export const DEFECTS: Readonly<Record<string, { readonly defect: Defect; readonly found: string }>> = {
  'wrong rounding': {
    defect: (page) => eachTrip(page, ({ fare }) => ({ fare: Number(fare).toFixed(1) })),
    found: 'value $.trips[*].fare',
  },
  'a missing field': {
    defect: (page) => eachTrip(page, () => ({ note: undefined })),
    found: 'missing $.trips[*].note',
  },
  'a page that begins one later': {
    defect: (page, question, random) => ({
      ...page,
      trips: [...page.trips.slice(1), tripOf((question * 13) % 1000, random)],
    }),
    found: 'missing $.trips[*]',
  },
  'the wrong order': { defect: (page) => ({ ...page, trips: page.trips.toReversed() }), found: 'order $.trips' },
  'another time zone': {
    defect: (page) =>
      eachTrip(page, ({ startedAt }) => ({ startedAt: new Date(Date.parse(startedAt) + 3_600_000).toISOString() })),
    found: 'value $.trips[*].startedAt',
  },
  'a cache that is stale for one in ten': {
    defect: (page, question) => (question % 10 === 0 ? eachTrip(page, () => ({ note: 'as it was' })) : page),
    found: 'value $.trips[*].note',
  },
  'a failure in one of 200': {
    defect: (page, _, random) => (random() < 0.005 ? { status: 500, headers: [], body: Buffer.from('oops') } : page),
    found: 'status-class status',
  },
};
