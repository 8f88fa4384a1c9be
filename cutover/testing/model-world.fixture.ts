import { silentLog } from '../../shared/index.ts';
import { changed } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import type { JournalEntry, JournalNote } from '../journal/journal-entry.ts';
import { ownerAt, type Side, type Stage } from '../stage.ts';
import { servedKeys, type Cohorts, type UnitRecord } from '../unit/unit-record.ts';
import type { FenceOutcome } from '../unit/unit-runtime.ts';
import { UnitStates } from '../unit/unit-states.ts';
import type { UnitEvent } from '../unit/unit-transition.ts';
import { ModelFence } from './model-fence.fixture.ts';

export const UNIT = 'trips';
/** The owner key whose rows every handover moves. */
export const MOVER = '1';

/** Of a row of this owner, on its way to this side. */
export interface ModelWrite {
  readonly key: string;
  readonly side: Side;
}

/** An edge with the real cache of records; what it is told waits in `inbox` until it takes that up, in any order. */
export interface ModelEdge {
  readonly states: UnitStates;
  readonly inbox: UnitRecord[];
  /** Whose writes it holds. */
  held: readonly string[];
  inFlight: ModelWrite | undefined;
  /** Writes its subject was told are done. */
  readonly acknowledged: number[];
  refused: number;
}

/** Of the unit, or of single keys. */
export interface ModelFlip {
  readonly side: Side;
  readonly to: Side;
  readonly epoch: number;
  readonly keys?: readonly string[] | undefined;
}

export interface ModelWorldOptions {
  readonly edges?: number;
  /** Owner keys beside that of the mover, whose rows stay where they are whatever moves. */
  readonly bystanders?: readonly string[];
  readonly cohorts?: Cohorts | undefined;
}

/**
 * The smallest world a handover can go wrong in: the control row, the ownership rows and a log of writes on either side,
 * two streams, two edges, and a writer past the edges that keeps a transaction open. Ports change it; it knows nothing
 * of processes.
 */
export class ModelWorld {
  nowMs = 0;
  record: UnitRecord;
  readonly journal: JournalEntry[] = [];
  /** All owner keys there are. */
  readonly owners: readonly string[];
  readonly bystanders: readonly string[];
  readonly fences: Readonly<Record<Side, ModelFence>>;
  /** Tokens written on a side by its own application, in the order of its log. */
  readonly logs: Record<Side, number[]> = { legacy: [], service: [] };
  /** How many of a side's own writes the other side has. */
  readonly applied: Record<Side, number> = { legacy: 0, service: 0 };
  readonly edges: readonly ModelEdge[];
  openTransaction: ModelWrite | undefined;
  lateFlips: (ModelFlip & { readonly atMs: number })[] = [];
  /** Whose row each token is, from the first one on. */
  readonly #keys: string[] = [];

  constructor(stage: Stage, { edges = 2, bystanders = [], cohorts }: ModelWorldOptions = {}) {
    const told = { planDigest: '', changedAt: '', changedBy: '' };
    this.record = { unit: UNIT, stage, owner: ownerAt(stage), epoch: 10, ...(cohorts && { cohorts }), ...told };
    this.owners = [MOVER, ...bystanders];
    this.bystanders = bystanders;
    this.fences = { legacy: new ModelFence('legacy', this.record), service: new ModelFence('service', this.record) };
    this.edges = Array.from({ length: edges }, () => newEdge(this.record));
  }

  change(before: UnitRecord, event: UnitEvent, note: JournalNote): UnitRecord {
    if (this.record.epoch !== before.epoch)
      throw cutoverErrors.error('EPOCH_STALE', { message: 'somebody was faster' });
    this.record = changed(before, event, note.who);
    this.tell(before, this.record, note);
    return this.record;
  }

  tell(before: UnitRecord, after: UnitRecord, note: JournalNote): void {
    const { unit, epoch } = after;
    const line = { detail: null, evidence: [], ...note, unit, epoch, before, after };
    const at = new Date(this.nowMs).toISOString().replace('T', ' ').replace('Z', '');
    this.journal.push({ ...line, id: this.journal.length + 1, at, previousHash: '', hash: '' });
  }

  publish(record: UnitRecord): void {
    for (const edge of this.edges) edge.inbox.push(record);
  }

  learn(edge: ModelEdge, index: number): void {
    const [record] = edge.inbox.splice(index, 1);
    if (record) edge.states.accept(record);
  }

  /** What every edge does by itself each second. */
  poll(): void {
    for (const edge of this.edges) edge.states.accept(this.record);
  }

  admits(side: Side, key: string): boolean {
    return this.fences[side].admits(key);
  }

  /** Waits for the open writers of what moves, as a lock would. */
  flip({ side, to, epoch, keys }: ModelFlip): FenceOutcome {
    const { openTransaction } = this;
    if (openTransaction?.side === side && (keys ?? this.owners).includes(openTransaction.key)) return 'busy';
    return keys ? this.fences[side].flipKeys(to, epoch, keys) : this.fences[side].flip(to, epoch);
  }

  /** A flip whose connection broke while it waited in the database: it may still take place for a second. */
  flipLate(flip: ModelFlip): void {
    this.lateFlips.push({ ...flip, atMs: this.nowMs + 1_000 });
  }

  arrive(): void {
    const [flip, ...rest] = this.lateFlips;
    this.lateFlips = rest;
    if (flip) this.flip(flip);
  }

  passTime(ms: number): void {
    this.nowMs += ms;
    while (this.lateFlips.some(({ atMs }) => atMs <= this.nowMs)) this.arrive();
  }

  apply(from: Side, upTo: number): void {
    this.applied[from] = Math.max(this.applied[from], upTo);
  }

  hold(keys: readonly string[] = this.owners): boolean {
    for (const edge of this.edges) edge.held = keys;
    return this.edges.every(({ inFlight }) => inFlight === undefined || !keys.includes(inFlight.key));
  }

  /** In two rounds, as edges do it: all learn, then all let go. */
  release(epoch: number): void {
    for (const edge of this.edges)
      for (const record of edge.inbox.splice(0)) if (record.epoch <= epoch || epoch === 0) edge.states.accept(record);
    for (const edge of this.edges) edge.held = [];
  }

  admitWrite(edge: ModelEdge, key: string): void {
    edge.inFlight = { key, side: ownerOf(viewOf(edge), key) };
  }

  /** The database decides: a side that does not own the rows refuses, and nothing is acknowledged. */
  executeWrite(edge: ModelEdge): void {
    const { inFlight } = edge;
    edge.inFlight = undefined;
    if (!inFlight || !this.admits(inFlight.side, inFlight.key)) edge.refused++;
    else edge.acknowledged.push(this.#write(inFlight));
  }

  /** Past the edges; it passed the fence when it began and holds the lock on the ownership row until it ends. */
  beginTransaction(write: ModelWrite): void {
    if (this.admits(write.side, write.key)) this.openTransaction = write;
  }

  commitTransaction(): void {
    if (this.openTransaction) this.#write(this.openTransaction);
    this.openTransaction = undefined;
  }

  /** How often a side has a token. */
  copies(side: Side, token: number): number {
    const other = otherThan(side);
    const brought = this.logs[other].slice(0, this.applied[other]);
    return [...this.logs[side], ...brought].filter((one) => one === token).length;
  }

  tokens(): number[] {
    return [...this.logs.legacy, ...this.logs.service];
  }

  keyOf(token: number): string {
    return this.#keys[token - 1] ?? '';
  }

  /** The stage, or `away` while a cohort is with the service. */
  whereabouts(): string {
    return this.record.cohorts ? 'away' : this.record.stage.name;
  }

  /** All that a later step can depend on. */
  fingerprint(): string {
    const edges = this.edges.map(({ states, inbox, held, inFlight, acknowledged }) => [
      states.get(UNIT)?.epoch,
      inbox.map(({ epoch }) => epoch),
      held,
      inFlight,
      acknowledged,
    ]);
    const { record, fences, logs, applied, openTransaction, lateFlips, nowMs } = this;
    return JSON.stringify([record, fences, logs, this.#keys, applied, edges, openTransaction, lateFlips, nowMs]);
  }

  #write({ side, key }: ModelWrite): number {
    const token = this.#keys.push(key);
    this.logs[side].push(token);
    return token;
  }
}

export function viewOf({ states }: ModelEdge): UnitRecord {
  const record = states.get(UNIT);
  if (!record) throw new RangeError('an edge of the model always has a record');
  return record;
}

/** Where edges send the writes of a key by this record. */
export function ownerOf(record: UnitRecord, key: string): Side {
  return servedKeys(record).includes(key) ? 'service' : record.owner;
}

export function otherThan(side: Side): Side {
  return side === 'legacy' ? 'service' : 'legacy';
}

function newEdge(record: UnitRecord): ModelEdge {
  const states = new UnitStates({ readAll: () => Promise.resolve([]) }, silentLog);
  states.accept(record);
  return { states, inbox: [], held: [], inFlight: undefined, acknowledged: [], refused: 0 };
}
