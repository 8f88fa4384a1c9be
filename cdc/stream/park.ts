import type { Connection } from '../../shared/index.ts';
import type { Row } from '../change-event.ts';
import { cdcErrors } from '../errors.ts';
import { maskValue } from '../tables/canonical.ts';
import { withConnection } from '../tables/connect.ts';
import { passLetters, readLetters, readRaw, type StoredLetter } from '../apply/dead-letter-store.ts';
import { countParked, readParked, unparkStatement, type StoredChange } from '../apply/parked-store.ts';
import type { Replay } from '../apply/replay.ts';

/** A parked change, or a dead letter, as it may be shown: without contents, except its key. */
export interface ParkedItem {
  /** `17` for a change, `letter-3` for a dead letter. */
  readonly id: string;
  readonly kind: 'change' | 'letter';
  /** Changes of one chain are replayed in order. */
  readonly chain?: string;
  readonly table?: string;
  readonly key?: string;
  readonly op?: string;
  readonly where: string;
  readonly code: string;
  readonly reason: string;
  /** UTC. */
  readonly since: string;
}

/** With its contents, each value masked unless they were asked for. */
export interface ParkedDetail extends ParkedItem {
  readonly before?: Readonly<Record<string, string>>;
  readonly after?: Readonly<Record<string, string>>;
  readonly raw?: string;
}

export interface ReplaySummary {
  readonly applied: readonly string[];
  readonly refused: readonly { readonly id: string; readonly code: string; readonly reason: string }[];
}

/** What of a stream waits, and what an operator can do about it. */
export interface Park {
  /** Parked changes and dead letters that have not been given up. */
  count(): Promise<number>;
  list(): Promise<ParkedItem[]>;
  show(id: string, options?: { readonly unmask?: boolean }): Promise<ParkedDetail>;
  /** Applies the chain of a change, or every chain. The stream must be running. A dry run tells what would be tried. */
  replay(id: string | undefined, options?: { readonly dryRun?: boolean }): Promise<ReplaySummary>;
  /** Forgets one item, or all; gives what it was. A dead letter given up is passed over after the next start. */
  drop(id: string | undefined, options?: { readonly dryRun?: boolean }): Promise<ParkedItem[]>;
}

export interface ParkOptions {
  readonly stream: string;
  readonly targetUrl: string;
  readonly ownDomain: number;
  /** Applies parked changes while the stream stands still. */
  readonly replay: (choose: (parked: StoredChange[]) => StoredChange[]) => Promise<Replay>;
  /** Runs work while nothing else changes the park, and makes the stream look at it anew. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
}

const LETTER = /^letter-(\d+)$/;

export class StreamPark implements Park {
  private readonly options: ParkOptions;

  constructor(options: ParkOptions) {
    this.options = options;
  }

  count(): Promise<number> {
    const { stream } = this.options;
    return this.read(async (connection) => {
      const letters = await readLetters(connection, stream);
      return (await countParked(connection, stream)) + letters.filter(isWaiting).length;
    });
  }

  list(): Promise<ParkedItem[]> {
    const { stream } = this.options;
    return this.read(async (connection) => [
      ...(await readLetters(connection, stream)).filter(isWaiting).map(letterItem),
      ...(await readParked(connection, stream)).map(changeItem),
    ]);
  }

  async show(id: string, { unmask = false }: { readonly unmask?: boolean } = {}): Promise<ParkedDetail> {
    const { stream } = this.options;
    const item = (await this.list()).find((each) => each.id === id) ?? this.unknown(id);
    return this.read(async (connection) => {
      const letter = LETTER.exec(id);
      if (letter) {
        const raw = await readRaw(connection, stream, Number(letter[1]));
        return { ...item, raw: unmask ? (raw?.toString('utf8') ?? '') : maskValue(raw) };
      }
      const stored = (await readParked(connection, stream)).find((each) => String(each.id) === id);
      return { ...item, ...contents(stored, unmask) };
    });
  }

  async replay(id: string | undefined, { dryRun = false } = {}): Promise<ReplaySummary> {
    if (id !== undefined && LETTER.test(id))
      throw cdcErrors.error('CDC_PARKED_UNKNOWN', {
        message: `${id} is a dead letter, which is not replayed from here`,
        fix: 'resume the stream: it reads the message again',
      });
    const choose = (parked: StoredChange[]): StoredChange[] => this.chainOf(parked, id);
    if (dryRun) {
      const chosen = choose(await this.read((connection) => readParked(connection, this.options.stream)));
      return { applied: chosen.map((change) => String(change.id)), refused: [] };
    }
    const { applied, refused } = await this.options.replay(choose);
    return {
      applied: applied.map((change) => String(change.id)),
      refused: refused.map((each) => ({ ...each, id: String(each.id) })),
    };
  }

  async drop(id: string | undefined, { dryRun = false } = {}): Promise<ParkedItem[]> {
    const chosen = (await this.list()).filter((item) => id === undefined || item.id === id);
    if (id !== undefined && chosen.length === 0) this.unknown(id);
    if (dryRun) return chosen;
    await this.options.alone(() => this.read((connection) => this.forget(connection, chosen)));
    return chosen;
  }

  private async forget(connection: Connection, items: readonly ParkedItem[]): Promise<void> {
    const { stream, ownDomain } = this.options;
    await connection.query('SET SESSION gtid_domain_id = ?', [ownDomain]);
    const letters = items.flatMap(({ id }) => LETTER.exec(id)?.[1] ?? []).map(Number);
    const changes = items.filter(({ kind }) => kind === 'change').map((item) => Number(item.id));
    await passLetters(connection, stream, letters);
    if (changes.length > 0) await connection.query(unparkStatement(stream, changes).sql);
  }

  private chainOf(parked: StoredChange[], id: string | undefined): StoredChange[] {
    if (id === undefined) return parked;
    const chosen = parked.find((change) => String(change.id) === id) ?? this.unknown(id);
    return parked.filter(({ chain }) => chain === chosen.chain);
  }

  private read<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return withConnection(this.options.targetUrl, work);
  }

  private unknown(id: string): never {
    throw cdcErrors.error('CDC_PARKED_UNKNOWN', { message: `nothing is parked under ${id} in ${this.options.stream}` });
  }
}

function isWaiting({ passedAt }: StoredLetter): boolean {
  return passedAt === undefined;
}

function letterItem({ id, where, code, reason, seenAt }: StoredLetter): ParkedItem {
  return { id: `letter-${id}`, kind: 'letter', where, code, reason, since: seenAt };
}

function changeItem(change: StoredChange): ParkedItem {
  const { id, chain, event, key, gtid, ordinal, code, reason, parkedAt } = change;
  const where = `${gtid.domain}-${gtid.server}-${gtid.sequence} change ${ordinal + 1}`;
  const row = { table: event.table, key, op: event.op };
  return { id: String(id), kind: 'change', chain: String(chain), ...row, where, code, reason, since: parkedAt };
}

function contents(stored: StoredChange | undefined, unmask: boolean): Partial<ParkedDetail> {
  if (!stored) return {};
  const { event } = stored;
  const shown = (row: Row): Record<string, string> =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, unmask ? plain(value) : maskValue(value)]));
  return {
    ...(event.before && { before: shown(event.before) }),
    ...(event.after && { after: shown(event.after) }),
    ...(event.op === 'x' && { raw: unmask ? event.raw : maskValue(event.raw) }),
  };
}

function plain(value: Row[string]): string {
  if (value === null) return 'NULL';
  return Buffer.isBuffer(value) ? `0x${value.toString('hex')}` : String(value);
}
