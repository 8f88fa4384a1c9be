import type { BanyanError } from '../../shared/index.ts';
import { changeStream, readStreamRecord, type StreamChange, type StreamRecord } from '../apply/bookkeeping.ts';
import { forgetUnpassed, keepLetter, readLetters } from '../apply/dead-letter-store.ts';
import type { TargetSession } from '../apply/target-session.ts';
import { deadLetterOf } from '../dead-letter.ts';
import { cdcErrors } from '../errors.ts';
import { refusalOf } from '../map/batch.ts';
import { withConnection } from '../tables/connect.ts';
import type { StreamOptions } from './stream-options.ts';

type BookkeeperOptions = Pick<StreamOptions, 'name' | 'targetUrl' | 'ownDomain' | 'log'>;

/** What the target remembers of a stream, as the holder of one epoch reads and changes it. */
export class Bookkeeper {
  private readonly options: BookkeeperOptions;
  private readonly epoch: number;

  constructor(options: BookkeeperOptions, epoch: number) {
    this.options = options;
    this.epoch = epoch;
  }

  read(): Promise<StreamRecord | undefined> {
    const { targetUrl, name } = this.options;
    return withConnection(targetUrl, (connection) => readStreamRecord(connection, name));
  }

  /** Renews the time of the record too. Throws `CDC_STREAM_TAKEN` when somebody else has taken the stream over. */
  async write(change: StreamChange): Promise<void> {
    const { targetUrl, name, ownDomain } = this.options;
    const isOurs = await withConnection(targetUrl, async (connection) => {
      await connection.query(`SET SESSION gtid_domain_id=${ownDomain}`);
      return changeStream(connection, name, this.epoch, change);
    });
    if (isOurs) return;
    const message = `stream ${name} has been taken over since epoch ${this.epoch}`;
    throw cdcErrors.error('CDC_STREAM_TAKEN', { message });
  }

  /** Messages that were given up; what else stopped an earlier run is read again. */
  readPasses(session: TargetSession, signal: AbortSignal): Promise<string[]> {
    const { name } = this.options;
    return session.retry(async (connection) => {
      await forgetUnpassed(connection, name);
      return (await readLetters(connection, name)).map(({ where }) => where);
    }, signal);
  }

  /** Keeps the message that stopped the stream, if it was one. */
  async keepLetter(error: BanyanError): Promise<void> {
    const letter = deadLetterOf(error);
    if (!letter) return;
    const { targetUrl, name, log, ownDomain } = this.options;
    try {
      await withConnection(targetUrl, async (connection) => {
        await connection.query('SET SESSION gtid_domain_id = ?', [ownDomain]);
        await keepLetter(connection, name, letter, refusalOf(error));
      });
    } catch (problem) {
      // The source still holds the message; the next start finds it again.
      log.error({ stream: name, reason: (problem as { code?: string }).code }, 'a dead letter could not be kept');
    }
  }

  /** Not of who took the stream over: the record is theirs. */
  async keepCode({ code: stoppedCode }: BanyanError): Promise<void> {
    if (stoppedCode === 'CDC_STREAM_TAKEN') return;
    try {
      await this.write({ stoppedCode });
    } catch {
      // The target may be what failed; the code only helps the next start.
    }
  }
}
