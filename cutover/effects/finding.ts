/**
 * What is not the same between what legacy wrote and what the service would have written. `undeclared-call`: to somebody
 * whom the plan does not name.
 */
export type EffectKind =
  | 'missing-row'
  | 'additional-row'
  | 'different-column'
  | 'different-status'
  | 'lost-call'
  | 'duplicate-call'
  | 'undeclared-call';

/** Never a value: a table, `table.column`, `status`, or a call as the plan names it. */
export interface EffectFinding {
  readonly kind: EffectKind;
  readonly path: string;
  readonly count: number;
}
