import { silentLog } from '../../shared/index.ts';
import { changed } from '../control/control-store.ts';
import { cutoverErrors } from '../errors.ts';
import type { JournalEntry, JournalNote } from '../journal/journal-entry.ts';
import { ownerAt, type Side, type Stage } from '../stage.ts';
import type { UnitRecord } from '../unit/unit-record.ts';
import type { FenceOutcome } from '../unit/unit-runtime.ts';
import { UnitStates } from '../unit/unit-states.ts';
import type { UnitEvent } from '../unit/unit-transition.ts';

export const UNIT = 'trips';

/** An edge with the real cache of records; what it is told waits in `inbox` until it takes that up, in any order. */
export interface ModelEdge {
  readonly states: UnitStates;
  readonly inbox: UnitRecord[];
  isHolding: boolean;
  /** A write on its way, and to where. */
  inFlight: Side | undefined;
  /** Writes its subject was told are done. */
  readonly acknowledged: number[];
  refused: number;
}

interface LateFlip {
  readonly side: Side;
  readonly to: Side;
  readonly epoch: number;
  readonly atMs: number;
}

/**
 * The smallest world a handover can go wrong in: the control row, an ownership row and a log of writes on either side,
 * two streams, two edges, and a writer past the edges that keeps a transaction open. Ports change it; it knows nothing
 * of processes.
 */
export class ModelWorld {
  nowMs = 0;
  record: UnitRecord;
  readonly journal: JournalEntry[] = [];
  readonly rows: Record<Side, { owner: Side; epoch: number }>;
  /** Tokens written on a side by its own application, in the order of its log. */
  readonly logs: Record<Side, number[]> = { legacy: [], service: [] };
  /** How many of a side's own writes the other side has. */
  readonly applied: Record<Side, number> = { legacy: 0, service: 0 };
  readonly edges: readonly ModelEdge[];
  openTransaction: Side | undefined;
  lateFlips: LateFlip[] = [];
  #tokens = 0;

  constructor(stage: Stage, edges = 2) {
    const owner = ownerAt(stage);
    const told = { planDigest: '', changedAt: '', changedBy: '' };
    this.record = { unit: UNIT, stage, owner, epoch: 10, ...told };
    this.rows = { legacy: { owner, epoch: 10 }, service: { owner, epoch: 10 } };
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

  admits(side: Side): boolean {
    return this.rows[side].owner === side;
  }

  flip(side: Side, to: Side, epoch: number): FenceOutcome {
    if (this.openTransaction === side) return 'busy';
    if (this.rows[side].epoch > epoch) return 'wrong-epoch';
    this.rows[side] = { owner: to, epoch };
    return 'flipped';
  }

  /** A flip whose connection broke while it waited in the database: it may still take place for a second. */
  flipLate(side: Side, to: Side, epoch: number): void {
    this.lateFlips.push({ side, to, epoch, atMs: this.nowMs + 1_000 });
  }

  arrive(): void {
    const [flip, ...rest] = this.lateFlips;
    this.lateFlips = rest;
    if (flip) this.flip(flip.side, flip.to, flip.epoch);
  }

  passTime(ms: number): void {
    this.nowMs += ms;
    while (this.lateFlips.some(({ atMs }) => atMs <= this.nowMs)) this.arrive();
  }

  apply(from: Side, upTo: number): void {
    this.applied[from] = Math.max(this.applied[from], upTo);
  }

  hold(): boolean {
    for (const edge of this.edges) edge.isHolding = true;
    return this.edges.every(({ inFlight }) => inFlight === undefined);
  }

  /** In two rounds, as edges do it: all learn, then all let go. */
  release(epoch: number): void {
    for (const edge of this.edges)
      for (const record of edge.inbox.splice(0)) if (record.epoch <= epoch || epoch === 0) edge.states.accept(record);
    for (const edge of this.edges) edge.isHolding = false;
  }

  admitWrite(edge: ModelEdge): void {
    edge.inFlight = viewOf(edge).owner;
  }

  /** The database decides: a side that does not own the rows refuses, and nothing is acknowledged. */
  executeWrite(edge: ModelEdge): void {
    const side = edge.inFlight;
    edge.inFlight = undefined;
    if (side === undefined || !this.admits(side)) edge.refused++;
    else edge.acknowledged.push(this.#write(side));
  }

  /** Past the edges; it passed the fence when it began and holds the lock on the ownership row until it ends. */
  beginTransaction(side: Side): void {
    if (this.admits(side)) this.openTransaction = side;
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

  /** All that a later step can depend on. */
  fingerprint(): string {
    const edges = this.edges.map(({ states, inbox, isHolding, inFlight, acknowledged }) => [
      states.get(UNIT)?.epoch,
      inbox.map(({ epoch }) => epoch),
      isHolding,
      inFlight,
      acknowledged,
    ]);
    const { record, rows, logs, applied, openTransaction, lateFlips, nowMs } = this;
    return JSON.stringify([record, rows, logs, applied, edges, openTransaction, lateFlips, nowMs]);
  }

  #write(side: Side): number {
    this.logs[side].push(++this.#tokens);
    return this.#tokens;
  }
}

export function viewOf({ states }: ModelEdge): UnitRecord {
  const record = states.get(UNIT);
  if (!record) throw new RangeError('an edge of the model always has a record');
  return record;
}

export function otherThan(side: Side): Side {
  return side === 'legacy' ? 'service' : 'legacy';
}

function newEdge(record: UnitRecord): ModelEdge {
  const states = new UnitStates({ readAll: () => Promise.resolve([]) }, silentLog);
  states.accept(record);
  return { states, inbox: [], isHolding: false, inFlight: undefined, acknowledged: [], refused: 0 };
}
