import { messageOf, systemClock, type Clock, type Log } from '../../../shared/index.ts';
import { withConnection } from '../../tables/connect.ts';

const AFTER_MS = 500;
const AGAIN_MS = 5_000;

/**
 * Some things only the next transaction shows. A definition or a grant has a BEGIN in the topic and no END; until the
 * next BEGIN the watermark stays in front of it. A connector that begins anew leaves a hole, or none, and says neither.
 * On a quiet source the next transaction may take long, so when the topic has ended like that for a while, a row of ours
 * is written at the source.
 */
export class Nudge {
  private readonly write: () => Promise<void>;
  private readonly clock: Pick<Clock, 'now'>;
  private since: number | undefined;

  constructor(write: () => Promise<void>, clock: Pick<Clock, 'now'> = systemClock) {
    this.write = write;
    this.clock = clock;
  }

  /** `isOpen`: the topic is read to its end, and only a BEGIN can tell what that end means. */
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
      log.warn({ reason: messageOf(error) }, 'the row that makes the next transaction could not be written');
    }
  };
}
