import { messageOf, systemClock, type Clock, type Log } from '../../../shared/index.ts';
import { withConnection } from '../../tables/connect.ts';

const AFTER_MS = 500;
const AGAIN_MS = 5_000;

/**
 * A definition or a grant has a BEGIN in the topic and no END: only the next transaction shows that it is over. On a
 * quiet source that may take long, and until then the watermark stays in front of it. So when a BEGIN has stood at the
 * end of the topic for a while, a row of ours is written at the source.
 */
export class Nudge {
  private readonly write: () => Promise<void>;
  private readonly clock: Pick<Clock, 'now'>;
  private since: number | undefined;

  constructor(write: () => Promise<void>, clock: Pick<Clock, 'now'> = systemClock) {
    this.write = write;
    this.clock = clock;
  }

  /** `isOpen`: a BEGIN stands alone at the end of the topic now. */
  async look(isOpen: boolean): Promise<void> {
    if (!isOpen) {
      this.since = undefined;
      return;
    }
    const now = this.clock.now();
    this.since ??= now;
    if (now - this.since < AFTER_MS) return;
    this.since = now + AGAIN_MS - AFTER_MS;
    await this.write();
  }
}

/** Writes the row; a source that does not take it is named in the log and only costs time. */
export function nudgeWriter(databaseUrl: string, log: Log): () => Promise<void> {
  return async () => {
    try {
      await withConnection(databaseUrl, (connection) =>
        connection.query(
          "REPLACE INTO banyan.rehearsal (unit, stream, token, written_at) VALUES ('', 'nudge', UUID(), UTC_TIMESTAMP(3))",
        ),
      );
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the row that shows the end of a definition could not be written');
    }
  };
}
