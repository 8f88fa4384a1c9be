import type { Subject } from '../../flags/index.ts';
import { BoundedMap } from './bounded-map.ts';
import { Caller, type Identity } from './caller.ts';

/** What a verified credential says. */
export interface Claims {
  readonly kind: Identity['kind'];
  readonly id: string;
  readonly tenant?: string;
}

/** Whose side counts: each user's own, or that of the tenant they belong to. */
export type SubjectRule = 'user' | 'tenant';

const LONGEST_ID = 255;

/**
 * One caller for each subject and identity, however often and by whatever credential they come, so that what is derived
 * from them is derived once. Ids of different kinds cannot meet: only a user's stands for itself.
 */
export class Callers {
  readonly #rule: SubjectRule;
  readonly #known: BoundedMap<string, Caller>;

  constructor(rule: SubjectRule, limit: number) {
    this.#rule = rule;
    this.#known = new BoundedMap(limit);
  }

  /** Nobody when the id cannot be one. */
  identified(claims: Claims): Caller | undefined {
    if (!isId(claims.id) || (claims.tenant !== undefined && !isId(claims.tenant))) return undefined;
    const identity = identityOf(claims);
    return this.of(this.#subjectOf(identity), identity);
  }

  /** A subject that has a side and no name. */
  unnamed(session: string): Caller {
    return this.of({ id: `session:${session}`, kind: 'session' });
  }

  of(subject: Subject, identity?: Identity): Caller {
    const key = keyOf(subject, identity);
    return this.#known.get(key) ?? this.#add(key, new Caller(subject, identity));
  }

  /** Somebody who is logged in and for now on the side of the visitor they were. */
  guest({ subject }: Caller, person: Caller): Caller {
    const key = `${keyOf(subject, person.identity)}\n${person.subject.id}`;
    return this.#known.get(key) ?? this.#add(key, new Caller(subject, person.identity, person));
  }

  #add(key: string, caller: Caller): Caller {
    this.#known.set(key, caller);
    return caller;
  }

  #subjectOf({ sub, kind, tenant }: Identity): Subject {
    if (tenant === undefined) return { id: sub, kind };
    const properties = { tenantId: tenant };
    return this.#rule === 'tenant'
      ? { id: `tenant:${tenant}`, kind: 'tenant', properties }
      : { id: sub, kind, properties };
  }
}

function keyOf({ kind, id }: Subject, identity: Identity | undefined): string {
  return `${kind}\n${id}\n${identity?.sub ?? ''}\n${identity?.tenant ?? ''}`;
}

function identityOf({ kind, id, tenant }: Claims): Identity {
  return { kind, sub: kind === 'user' ? id : `key:${id}`, ...(tenant === undefined ? {} : { tenant }) };
}

/** Printable and of a sane length: ids reach headers, flags and lists of members. */
function isId(id: string): boolean {
  return id !== '' && id.length <= LONGEST_ID && !/[\p{Cc}\p{Cs}]/u.test(id);
}
