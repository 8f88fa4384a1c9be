import type { Express } from 'express';
import { z } from 'zod';
import { formatPosition, parsePosition, type Position } from '../../cdc/index.ts';
import type { Registry } from '../../shared/index.ts';
import type { RehearsedWrite, TakenWrite } from '../../edge/index.ts';
import { fixedDigestOf } from '../configuration/restart-rules.ts';
import type { UnitEffects } from '../effects/unit-effects.ts';
import { cutoverErrors } from '../errors.ts';
import { refuseEarlierTerms } from '../leader/term-guard.ts';
import { parkedRequest } from '../unit/parked.ts';
import type { UnitMarks } from '../unit/unit-marks.ts';
import type { UnitRuntime } from '../unit/unit-runtime.ts';
import { verifyRequest } from '../unit/verify-request.ts';
import { serveFeed, type Feed } from './feed.ts';
import { answerError, createApi, serveMetrics, streamed } from './http-api.ts';

/** What the sync process serves of each unit. */
export type SyncUnit = UnitRuntime & UnitMarks & { readonly effects: UnitEffects | undefined };

/** A unit's marks as they travel. */
export interface MarksOnTheWire {
  readonly forward: string;
  readonly reverse: string;
  /** null: nobody can tell. */
  readonly levelAgeMs: number | null;
}

const side = z.enum(['legacy', 'service']);
const keys = z.array(z.string());
const direction = z.enum(['forward', 'reverse']);
const verification = verifyRequest.extend({ direction, owner: side });

/** One call of the port: how its arguments arrive, and what is done with them. Positions travel as text. */
type Call = (unit: SyncUnit, body: unknown) => Promise<unknown>;

function call<Shape extends z.ZodType>(shape: Shape, work: (unit: SyncUnit, args: z.output<Shape>) => unknown): Call {
  return async (unit, body) => work(unit, shape.parse(body));
}

const calls = {
  arm: call(z.strictObject({}), (unit) => unit.arm()),
  disarm: call(z.strictObject({}), (unit) => unit.disarm()),
  resume: call(z.strictObject({ fresh: z.boolean() }), (unit, options) => unit.resume(options)),
  measure: call(z.strictObject({ owner: side }), (unit, { owner }) => unit.measure(owner)),
  head: call(z.strictObject({ side }), async (unit, args) => formatPosition(await unit.head(args.side))),
  'caught-up': call(
    z.strictObject({ from: side, position: z.string(), budgetMs: z.number().min(0) }),
    (unit, { from, position, budgetMs }) => unit.caughtUp(from, parsePosition(position), budgetMs),
  ),
  'prepare-effects': (unit, write) => Promise.resolve(unit.effects?.prepare(write as TakenWrite)),
  'judge-effects': (unit, write) => Promise.resolve(unit.effects?.judge(write as RehearsedWrite)),
  effects: (unit) => unit.effectLedgers(),
  retire: call(z.strictObject({}), (unit) => unit.retire()),
  'source-writes': (unit) => unit.sourceWrites(),
  'verify-hot': call(z.strictObject({ owner: side }), (unit, { owner }) => unit.verifyHot(owner)),
  parked: call(parkedRequest, (unit, request) => unit.parked(request)),
  'verify-keys': call(z.strictObject({ from: side, keys }), (unit, args) => unit.verifyKeys(args.from, args.keys)),
  owner: call(z.strictObject({ side, keys: keys.optional() }), (unit, args) => unit.ownerOn(args.side, args.keys)),
  served: call(z.strictObject({ side }), (unit, args) => unit.servedOn(args.side)),
  barrier: call(z.strictObject({ side }), (unit, args) => unit.barrier(args.side)),
  flip: call(z.strictObject({ side, to: side, epoch: z.number().int(), keys: keys.optional() }), (unit, args) =>
    unit.flip(args.side, args.to, args.epoch, args.keys),
  ),
} satisfies Record<string, Call>;

export type CallName = keyof typeof calls;

export interface SyncApiParts {
  readonly units: ReadonlyMap<string, SyncUnit>;
  /** Bearer token every request must carry. */
  readonly token: string;
  /** What `/metrics` answers. */
  readonly registry: Registry;
}

/**
 * The units of a sync process, for a controller and for edges elsewhere: every call of the port `UnitRuntime` under its
 * name, and the marks as a feed. A verification answers with lines of JSON.
 */
export function createSyncApi({ units, token, registry }: SyncApiParts): Express {
  const app = createApi(token);
  serveMetrics(app, registry);
  refuseEarlierTerms(app);
  const find = (name: string): SyncUnit => {
    const unit = units.get(name);
    if (unit) return unit;
    const known = [...units.keys()].join(', ') || 'none';
    throw cutoverErrors.error('UNIT_UNKNOWN', { message: `sync has no unit "${name}"; known: ${known}` });
  };
  serveFeed(app, '/v1/marks', marksFeed(units));
  app.get('/v1/units/:unit', (request, response) => {
    response.json({ digest: fixedDigestOf(find(request.params.unit).unit.plan) });
  });
  app.post('/v1/units/:unit/verify', async (request, response) => {
    const { direction: which, owner, ...how } = verification.parse(request.body);
    const unit = find(request.params.unit);
    await streamed(response, (signal, onProgress) => unit.verify(which, owner, { ...how, signal, onProgress }));
  });
  for (const [name, run] of Object.entries<Call>(calls)) {
    app.post(`/v1/units/:unit/${name}`, async (request, response) => {
      const unit = find(request.params.unit);
      response.json({ result: (await run(unit, request.body)) ?? null });
    });
  }
  app.use(answerError);
  return app;
}

/** Positions are made anew with every move, so that looking for changes compares nothing but references. */
function marksFeed(units: ReadonlyMap<string, SyncUnit>): Feed<Record<string, MarksOnTheWire>> {
  const known = [...units].map(([name, unit]) => ({ name, unit, seen: [] as unknown[] }));
  let revision = 0;
  return {
    revision: () => {
      for (const entry of known) {
        const now = [entry.unit.watermark('forward'), entry.unit.watermark('reverse'), isKnown(entry.unit)];
        if (now.every((value, i) => value === entry.seen[i])) continue;
        entry.seen = now;
        revision++;
      }
      return revision;
    },
    value: () => Object.fromEntries(known.map(({ name, unit }) => [name, onTheWire(unit)])),
  };
}

function isKnown(marks: UnitMarks): boolean {
  return Number.isFinite(marks.levelAgeMs());
}

function onTheWire(marks: UnitMarks): MarksOnTheWire {
  const text = (position: Position): string => formatPosition(position);
  return {
    forward: text(marks.watermark('forward')),
    reverse: text(marks.watermark('reverse')),
    levelAgeMs: isKnown(marks) ? marks.levelAgeMs() : null,
  };
}
