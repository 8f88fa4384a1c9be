import { Applier } from '../apply/apply.ts';
import type { BatchSize } from '../apply/batch-size.ts';
import { TargetSession } from '../apply/target-session.ts';
import { readDerivations, sessionSetup, type Derivations } from '../derived/derived-tables.ts';
import type { StreamRunParts } from './stream-run.ts';

export interface ApplySideParts extends Pick<StreamRunParts, 'options' | 'record' | 'tables' | 'counters'> {
  readonly size: BatchSize;
}

/** How one run writes to its target: in the stream's own domain, under the epoch of the run. */
export class ApplySide {
  readonly derivations: Derivations;
  private readonly parts: ApplySideParts;

  /** Throws `CDC_TABLE_UNUSABLE` when a derived table does not fit its declaration. */
  constructor(parts: ApplySideParts) {
    this.parts = parts;
    this.derivations = readDerivations(parts.options.derived, parts.tables.target);
  }

  openSession(): TargetSession {
    const { targetUrl, ownDomain, log } = this.parts.options;
    return new TargetSession({ url: targetUrl, domain: ownDomain, log, setup: sessionSetup(this.derivations) });
  }

  /** Without `derivations` derived tables are left alone. */
  createApplier(session: TargetSession, derivations: Derivations): Applier {
    const { options, record, tables } = this.parts;
    const { name, unit, targetSide, isOwnedByKey, at = () => undefined } = options;
    return new Applier({
      name,
      unit,
      targetSide,
      isOwnedByKey,
      at,
      epoch: record.epoch,
      tables: tables.written,
      session,
      ...(derivations && { derivations }),
    });
  }

  /** What every follower of the run has in common. */
  followOptions(applier: Applier, passes: readonly string[]) {
    const { options, tables, counters, size } = this.parts;
    const sourceKeys = new Map(tables.source.map(({ name, key }) => [name, key]));
    return { ...options, applier, sourceKeys, passes, counters, size, ...(options.batch && { limits: options.batch }) };
  }
}
