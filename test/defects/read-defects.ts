import type { RequestHandler } from 'express';

type Fields = Readonly<Record<string, unknown>>;

/** A mistake as it is made, in the answers of one route. */
interface ReadDefect {
  readonly path: RegExp;
  readonly change: (body: Fields, url: string) => Fields;
}

const LIST = /^\/api\/trips(\?|$)/;
const TRIP = /^\/api\/trips\/\d+$/;
const POINTS = /^\/api\/tracking\/\d+$/;
const LAST = /^\/api\/tracking\/\d+\/last$/;

export const READ_DEFECTS: Readonly<Record<string, ReadDefect>> = {
  'wrong rounding': { path: TRIP, change: (body) => ({ ...body, fare: `${Number(body['fare']).toFixed(1)}0` }) },
  'a missing field': { path: LIST, change: (body) => eachOf(body, 'trips', (trip) => ({ ...trip, note: undefined })) },
  'a page that begins one later': {
    path: LIST,
    change: (body) => ({ ...body, trips: listOf(body, 'trips').slice(1) }),
  },
  'the wrong order': { path: POINTS, change: (body) => ({ ...body, points: listOf(body, 'points').toReversed() }) },
  'another time zone': {
    path: LAST,
    change: (body) => ({ ...body, recordedAt: anHourLater(String(body['recordedAt'])) }),
  },
  'a stale cache': { path: LIST, change: firstSeen(new Map()) },
};

export const FAILURES = 'failures now and then';

/** To be put in front of the trips service. `has` tells which mistakes are made; `failureShare` how often a list fails. */
export function readDefects(has: (defect: string) => boolean, failureShare: number): RequestHandler {
  return ({ method, url }, res, next) => {
    if (method !== 'GET') return next();
    if (has(FAILURES) && LIST.test(url) && Math.random() < failureShare) return void res.status(500).end('oops');
    const made = Object.entries(READ_DEFECTS).filter(([name, { path }]) => has(name) && path.test(url));
    const json = res.json.bind(res);
    res.json = (body: Fields) =>
      json(res.statusCode === 200 ? made.reduce((answer, [, { change }]) => change(answer, url), body) : body);
    next();
  };
}

function firstSeen(cache: Map<string, Fields>): ReadDefect['change'] {
  return (body, url) => {
    const whose = listOf(body, 'trips')[0]?.['userId'];
    if (whose === undefined) return body;
    const key = JSON.stringify([whose, url]);
    const known = cache.get(key) ?? body;
    cache.set(key, known);
    return known;
  };
}

function listOf(body: Fields, name: string): readonly Fields[] {
  return body[name] as readonly Fields[];
}

function eachOf(body: Fields, name: string, change: (one: Fields) => Fields): Fields {
  return { ...body, [name]: listOf(body, name).map(change) };
}

/** Fractions stay as they are. */
function anHourLater(time: string): string {
  const shifted = new Date(Date.parse(`${time.slice(0, 19)}Z`) + 3_600_000).toISOString();
  return shifted.slice(0, 19) + time.slice(19);
}
