/** What an operator reads about an error code on the generated page `docs/errors.md`. */
export interface ErrorDoc {
  readonly happened: string;
  readonly normal: string;
  readonly todo: string;
  readonly retriable?: boolean;
}

export interface ErrorFacts {
  readonly message: string;
  /** One action. Defaults to the declared `todo`. */
  readonly fix?: string;
  readonly cause?: unknown;
}

/** The only class this project throws. `code` is stable and declared once, beside the folder that throws it. */
export class BanyanError extends Error {
  readonly code: string;
  readonly fix: string;
  readonly retriable: boolean;

  constructor(code: string, doc: ErrorDoc, facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'BanyanError';
    this.code = code;
    this.fix = facts.fix ?? doc.todo;
    this.retriable = doc.retriable ?? false;
  }
}

export interface ErrorCatalogue<Code extends string> {
  readonly docs: Readonly<Record<Code, ErrorDoc>>;
  /** Builds the error of a declared code; the caller throws it. */
  readonly error: (code: Code, facts: ErrorFacts) => BanyanError;
}

/** Declares a folder's codes (`AREA_WHAT`) together with the text the errors page is generated from. */
export function declareErrors<Code extends string>(docs: Readonly<Record<Code, ErrorDoc>>): ErrorCatalogue<Code> {
  return { docs, error: (code, facts) => new BanyanError(code, docs[code], facts) };
}

export function isBanyanError(error: unknown): error is BanyanError {
  return error instanceof BanyanError;
}

/** The message of anything thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
