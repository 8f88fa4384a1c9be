import { messageOf } from '../../shared/index.ts';
import type { DataSource } from 'typeorm';

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };
export type CheckReadiness = () => Promise<Readiness>;

/** What the bookkeeping beside the service's tables says: who owns the rows, how the forward stream is doing. */
export interface CopyFacts {
  readonly owner: string | null;
  readonly state: string | null;
  readonly stoppedCode: string | null;
  /** How long ago the stream last said that everything is applied. */
  readonly ageMs: number | null;
}

/** The service can answer when it owns its rows, or when its copy of legacy's is complete and fresh. */
export function decideReadiness(facts: CopyFacts | undefined, maxLagMs: number): Readiness {
  if (facts?.owner === 'service') return { ready: true };
  if (!facts || facts.state === null || facts.ageMs === null) return notReady('there is no copy yet');
  if (facts.stoppedCode !== null) return notReady(`the stream has stopped: ${facts.stoppedCode}`);
  if (facts.state !== 'streaming') return notReady('the first copy is not finished');
  if (facts.ageMs > maxLagMs) return notReady(`the copy is ${facts.ageMs} ms behind, limit ${maxLagMs} ms`);
  return { ready: true };
}

// One row whatever is missing, so that "no row" can only mean that the tables answered nothing at all.
const FACTS = `
  SELECT ownership.owner, position.state, position.stopped_code AS stoppedCode,
         CAST(TIMESTAMPDIFF(MICROSECOND, position.changed_at, NOW(3)) / 1000 AS INT) AS ageMs
    FROM (SELECT 1) AS one
    LEFT JOIN banyan.ownership ON ownership.unit = 'trips'
    LEFT JOIN banyan.stream_position AS position ON position.name = 'trips:forward'`;

/** Asks the service's own server. A database that does not answer is a reason like any other. */
export function createReadinessCheck(o: { database: DataSource; maxLagMs: number }): CheckReadiness {
  return async () => {
    try {
      const rows = await o.database.query<{ [K in keyof CopyFacts]: string | null }[]>(FACTS);
      return decideReadiness(factsOf(rows[0]), o.maxLagMs);
    } catch (error) {
      return notReady(`the database does not answer: ${codeOf(error)}`);
    }
  };
}

function factsOf(row: { [K in keyof CopyFacts]: string | number | null } | undefined): CopyFacts | undefined {
  return row && ({ ...row, ageMs: row.ageMs === null ? null : Number(row.ageMs) } as CopyFacts);
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? messageOf(error);
}

function notReady(reason: string): Readiness {
  return { ready: false, reason };
}
