import { ChangeWalker, type ChangeLayout } from './change-walker.ts';
import type { RowPlan } from './row-plan.ts';

/** Which table a change is of. */
export interface Place {
  readonly db: string;
  readonly table: string;
}

/** How the changes of one table are read, for messages of one schema or for those without. */
export interface MessageForm {
  /** Null for a table that nobody asked for. */
  readonly plan: RowPlan | null;
  readonly walker: ChangeWalker;
  next: MessageForm | undefined;
}

/** A bound for tables that come and go; a database has fewer. */
const LIMIT = 4096;

/** The forms of one schema. More than one only when two tables share a schema's text, and for bare messages. */
export class MessageForms {
  private readonly byPlace = new Map<string, MessageForm>();
  private last: MessageForm | undefined;

  /** What the next message most likely has: what followed the last one before. */
  expected(): MessageForm | undefined {
    return this.last?.next ?? this.last;
  }

  of({ db, table }: Place): MessageForm | undefined {
    return this.byPlace.get(placeName(db, table));
  }

  met(form: MessageForm): void {
    if (this.last) this.last.next = form;
    this.last = form;
  }

  add(place: Place, layout: ChangeLayout, plan: RowPlan | null): MessageForm {
    if (this.byPlace.size >= LIMIT) this.byPlace.clear();
    const form: MessageForm = { plan, walker: new ChangeWalker(layout, place, plan), next: undefined };
    this.byPlace.set(placeName(place.db, place.table), form);
    return form;
  }
}

function placeName(db: string, table: string): string {
  return `${db.length}.${db}.${table}`;
}
