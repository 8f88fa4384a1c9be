/** Where in Unleash flags are edited. */
export interface UnleashPlace {
  /** The API's base, such as https://unleash.example/api. */
  readonly url: string;
  /** A token of type admin, or a personal one that may edit the project. */
  readonly token: string;
  readonly project: string;
  readonly environment: string;
}

/** The environment that a backend token `project:environment.secret` is for; undefined when it names none or all. */
export function environmentOf(token: string): string | undefined {
  return /^[^:]+:([^.*]+)\./.exec(token)?.[1];
}
