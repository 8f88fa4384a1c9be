import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { messageOf, WatchedFile, type Log } from '../../shared/index.ts';
import { edgeErrors } from '../errors.ts';

/** Where the certificate is, with its chain, and its key; both PEM. */
export interface TlsOptions {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The two as text, found to belong together. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** The certificate of a listener, as its two files are. They are replaced one after the other: a pair that does not fit yet is waited for. */
export class Certificate {
  readonly #options: TlsOptions;
  readonly #log: Log;
  #files: WatchedFile[] = [];
  #seen: Partial<KeyPair> = {};
  #current: KeyPair | undefined;

  constructor(options: TlsOptions, log: Log) {
    this.#options = options;
    this.#log = log;
  }

  /** Throws EDGE_TLS_UNUSABLE. */
  async read(): Promise<KeyPair> {
    const { certFile, keyFile } = this.#options;
    try {
      const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
      createSecureContext({ cert, key });
      this.#seen = this.#current = { cert, key };
      return { cert, key };
    } catch (error) {
      const message = `the certificate ${certFile} with the key ${keyFile} cannot be used: ${messageOf(error)}`;
      throw edgeErrors.error('EDGE_TLS_UNUSABLE', { message, cause: error });
    }
  }

  /** Tells every pair that comes after the one that was read. What cannot be used changes nothing. */
  async watch(tell: (pair: KeyPair) => void): Promise<void> {
    const { certFile, keyFile } = this.#options;
    this.#files = [
      new WatchedFile(certFile, (cert) => this.#take({ cert }, tell)),
      new WatchedFile(keyFile, (key) => this.#take({ key }, tell)),
    ];
    await Promise.all(this.#files.map((file) => file.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.stop()));
  }

  #take(part: { cert?: string | undefined; key?: string | undefined }, tell: (pair: KeyPair) => void): void {
    const { cert = this.#seen.cert, key = this.#seen.key } = part;
    if (cert === undefined || key === undefined) return;
    if (cert === this.#seen.cert && key === this.#seen.key) return;
    this.#seen = { cert, key };
    if (cert === this.#current?.cert && key === this.#current.key) return;
    try {
      createSecureContext({ cert, key });
      this.#current = { cert, key };
      tell({ cert, key });
      this.#log.info({ file: this.#options.certFile }, 'a new certificate is in use');
    } catch (error) {
      const { certFile, keyFile } = this.#options;
      this.#log.warn(
        { certFile, keyFile, reason: messageOf(error) },
        'the new certificate is not used; the old one stays',
      );
    }
  }
}
