import type { Random } from './random.ts';
import {
  checkFeedback,
  checkLast,
  checkList,
  checkSummary,
  checkTracking,
  checkTrip,
  violation,
  type Violation,
} from './check.ts';
import type { Answer, Call, Client } from './client.ts';
import type { Stats } from './stats.ts';
import { createUserModel, type TrackedTrip, type TripState, type UserModel } from './tracked.ts';

type Fields = Readonly<Record<string, unknown>>;
const LIST_LIMIT = 20;
const FEEDBACK_LIMIT = 50;

/** One person with one session. Requests follow one another, so that "after the write" has a meaning. */
export class VirtualUser {
  readonly model: UserModel;
  private readonly client: Client;
  private readonly stats: Stats;
  private readonly random: Random;
  private cookie = '';
  /** Requests so far. */
  sent = 0;

  constructor(o: { userId: number; client: Client; stats: Stats; random: Random }) {
    this.model = createUserModel(o.userId);
    this.client = o.client;
    this.stats = o.stats;
    this.random = o.random;
  }

  /** Logs in and learns what is there already. False: this user takes no part. */
  async login(password: string): Promise<boolean> {
    const { userId } = this.model;
    const body = { email: `user${userId}@fleet.example`, password };
    const answer = await this.call('POST', '/api/users/login', '', body);
    this.cookie = (answer.headers['set-cookie'] ?? '').split(';')[0] ?? '';
    if (!isFine(answer)) return false;
    const summary = await this.call('GET', '/api/users/me/summary');
    const list = await this.call('GET', '/api/trips');
    if (!isFine(summary) || !isFine(list)) return false;
    this.model.baseline = summary.body as UserModel['baseline'];
    this.model.older = (list.body as { trips: { id: string }[] }).trips.map((trip) => trip.id);
    return true;
  }

  async readTrip(trip: TrackedTrip): Promise<void> {
    await this.read('/api/trips/{id}', trip.id, (body) => checkTrip(trip, body as TripState | undefined), {
      'trip not found': () => checkTrip(trip, undefined),
    });
  }

  async readOlderTrip(id: string): Promise<void> {
    await this.read('/api/trips/{id}', id, (body) => {
      const got = (body as Fields)['id'];
      return got === id ? [] : [violation('trip', id, got)];
    });
  }

  async readList(): Promise<void> {
    await this.read(`/api/trips?limit=${LIST_LIMIT}`, undefined, (body) =>
      checkList(this.model, (body as { trips: TripState[] }).trips, LIST_LIMIT),
    );
  }

  async readSummary(): Promise<void> {
    await this.read('/api/users/me/summary', undefined, (body) => checkSummary(this.model, body as Fields));
  }

  /** Of a trip that exists: its absence contradicts the creation. */
  async readTracking(trip: TrackedTrip): Promise<void> {
    const check = (body: unknown): Violation[] => checkTracking(trip, (body as { points: Fields[] }).points);
    await this.read('/api/tracking/{id}', trip.id, check, { 'trip not found': () => checkTrip(trip, undefined) });
  }

  async readLast(trip: TrackedTrip): Promise<void> {
    await this.read('/api/tracking/{id}/last', trip.id, (body) => checkLast(trip, body as Fields), {
      'no position': () => checkLast(trip, undefined),
      'trip not found': () => checkTrip(trip, undefined),
    });
  }

  async readFeedback(): Promise<void> {
    await this.read('/api/feedback', undefined, (body) => {
      const comments = (body as { feedback: Fields[] }).feedback.map((entry) => entry['comment']);
      return checkFeedback(this.model, comments, FEEDBACK_LIMIT);
    });
  }

  /** Reads the notifications and marks one as read. */
  async handleNotifications(): Promise<void> {
    let unread: string | undefined;
    await this.read('/api/notifications', undefined, (body) => {
      const list = (body as { notifications: { id: string; read: boolean }[] }).notifications;
      unread = list.find((entry) => !entry.read && !this.model.readNotifications.has(entry.id))?.id;
      const again = list.filter((entry) => !entry.read && this.model.readNotifications.has(entry.id));
      return again.map((entry) => violation(`notification ${entry.id}`, 'read', 'unread'));
    });
    if (unread === undefined || !this.random.chance(0.3)) return;
    const id = unread;
    await this.write('POST', '/api/notifications/{id}/read', id, undefined, {
      acknowledged: () => void this.model.readNotifications.add(id),
    });
  }

  /** A page nobody's own writes appear on: any 2xx is right. */
  async browse(route: string, id?: string | number): Promise<void> {
    await this.read(route, id === undefined ? undefined : String(id), () => []);
  }

  /** Sends a read and compares its answer with the model. `absent` says what the 404s of this route mean. */
  private async read(
    route: string,
    id: string | undefined,
    check: (body: unknown) => readonly Violation[],
    absent: Readonly<Record<string, () => readonly Violation[]>> = {},
  ): Promise<void> {
    const { call, answer } = await this.send('GET', route, id);
    const error = answer.status === 404 ? String((answer.body as { error?: unknown } | undefined)?.error) : '';
    const judge = answer.status === 200 ? () => check(answer.body) : absent[error];
    try {
      if (judge) this.stats.contradicted(call, answer, this.model.userId, judge());
      else this.stats.failure(call, answer);
    } catch {
      // a 200 that does not hold what the route promises cannot be judged
      this.stats.failure(call, answer);
    }
  }

  /**
   * Sends a write once. A 2xx is a promise to keep; a network error or a 5xx (but not 503, which says "not done")
   * leaves both outcomes open.
   */
  async write(
    method: 'POST' | 'PATCH' | 'DELETE',
    route: string,
    id: string | undefined,
    body: object | undefined,
    outcome: { acknowledged: (body: unknown) => readonly Violation[] | void; unknown?: () => void },
  ): Promise<void> {
    const { call, answer } = await this.send(method, route, id, body);
    this.stats.wrote(answer);
    if (isFine(answer)) {
      this.stats.acknowledgedWrites++;
      this.stats.contradicted(call, answer, this.model.userId, outcome.acknowledged(answer.body) ?? []);
      return;
    }
    this.stats.failure(call, answer);
    if (answer.status !== 0 && (answer.status < 500 || answer.status === 503)) return;
    this.stats.unknownWrites++;
    outcome.unknown?.();
  }

  private async call(method: Call['method'], route: string, id?: string, body?: object): Promise<Answer> {
    const { call, answer } = await this.send(method, route, id, body);
    if (!isFine(answer)) this.stats.failure(call, answer);
    return answer;
  }

  private async send(method: Call['method'], route: string, id?: string, body?: object) {
    const path = id === undefined ? route : route.replace('{id}', id);
    const call: Call = { method, route: route.split('?')[0]!, path, cookie: this.cookie, ...(body && { body }) };
    this.sent++;
    const answer = await this.client.send(call);
    this.stats.answered(call, answer);
    return { call, answer };
  }
}

function isFine(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}
