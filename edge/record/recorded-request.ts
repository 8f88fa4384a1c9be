/** One request of a recording: masked, and without anything that says who sent it. */
export interface RecordedRequest {
  /** Milliseconds since the recording began. */
  readonly atMs: number;
  /** `GET /api/trips/{id}`, as the plan has it. */
  readonly route: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Lower-case names; only such as say nothing about a person. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Who sent it; null for nobody the edge knows. Edges say it by a name of the recording's key; the command puts a number in
   * its place, in the order of appearance: `user-3`.
   */
  readonly session: string | null;
  /** JSON text; absent when there was none, or when it was not kept. */
  readonly body?: string;
  /** What was answered. */
  readonly status: number;
}
