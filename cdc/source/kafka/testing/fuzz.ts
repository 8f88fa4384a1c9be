import { isDeepStrictEqual } from 'node:util';
import { isBanyanError, messageOf, seededRandom } from '../../../../shared/index.ts';
import { TransactionReader } from '../../transaction-reader.ts';
import { createRecordDecoder } from '../decode/record-decoder.ts';
import type { DecodeRecord, KafkaMessageBytes } from '../decode/record.ts';
import { fixtureNames, readFixture, readRecordedLog } from './fixture.ts';
import { mutate } from './mutate.ts';
import { collationsOf } from './record-binlog.ts';
import { decoderOptions, forms, messagesOf } from './replay.ts';

export interface FuzzRun {
  readonly seed: number;
  readonly forMs: number;
  /** Called now and then: a run that stops calling hangs. */
  readonly onProgress?: (inputs: number) => void;
}

export interface FuzzReport {
  readonly inputs: number;
  /** How often each outcome was seen: a kind of record, or the code of an error. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** What one damaged input may take at most; a decoder that needs longer could be stopped by a message. */
const LIMIT_MS = 2000;
const MESSAGES_PER_DECODER = 60;

/**
 * Feeds damaged recordings to the decoder of change messages. Only typed errors may come out, none slowly, and walking
 * must give exactly what patient reading gives. Throws an error that names seed and input otherwise.
 */
export function fuzzDecoder({ seed, forMs, onProgress }: FuzzRun): FuzzReport {
  const random = seededRandom(seed);
  const tally = new Tally();
  const names = fixtureNames();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    const fixture = readFixture(pick(names));
    const { variant } = pick(fixture.recordings);
    const messages = messagesOf(fixture, pick(forms), variant);
    const options = decoderOptions(fixture, variant);
    const decoders = [createRecordDecoder(options), createRecordDecoder({ ...options, walk: false })] as const;
    for (let i = 0; i < MESSAGES_PER_DECODER; i++) {
      const message = pick(messages);
      const isWhole = message.value === null || random() < 0.3;
      const input = isWhole ? message : { ...message, value: mutate(message.value, random) };
      tally.add(sameOutcome(decoders, input, `seed ${seed}, input ${tally.inputs}`));
    }
    onProgress?.(tally.inputs);
  }
  return tally.report();
}

function sameOutcome(decoders: readonly [DecodeRecord, DecodeRecord], input: KafkaMessageBytes, where: string): string {
  const [walked, patient] = decoders.map((decode) => timed(() => decode(input), where));
  if (!isDeepStrictEqual(walked, patient)) throw new Error(`${where}: walking and patient reading differ`);
  return walked?.kind ?? '';
}

/** The same for the reader of the log, with whole events between damaged ones. */
export function fuzzReader({ seed, forMs, onProgress }: FuzzRun): FuzzReport {
  const random = seededRandom(seed);
  const tally = new Tally();
  const log = readRecordedLog();
  const events = log.events.map((event) => Buffer.from(event, 'base64'));
  const tables = fixtureNames().flatMap((name) => readFixture(name).catalogue.map((table) => table.name));
  const collations = collationsOf(log);
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    // Without its checksum what is damaged comes further.
    const shape = { schema: 'fixtures', tables, collations, hasChecksum: log.hasChecksum && random() < 0.2 };
    const reader = new TransactionReader({ ...shape, deliver: () => undefined });
    const start = Math.floor(random() * events.length);
    for (const event of events.slice(start, start + MESSAGES_PER_DECODER)) {
      const bytes = shape.hasChecksum ? event : event.subarray(0, event.length - 4);
      const input = random() < 0.6 ? bytes : mutate(bytes, random);
      const read = (): string => {
        reader.read(input, 0, input.length);
        return 'read';
      };
      tally.add(timed(read, `seed ${seed}, event ${tally.inputs}`).kind);
    }
    onProgress?.(tally.inputs);
  }
  return tally.report();
}

interface Outcome {
  readonly kind: string;
  readonly result: unknown;
}

function timed(work: () => unknown, where: string): Outcome {
  const start = performance.now();
  const outcome = outcomeOf(work, where);
  const tookMs = performance.now() - start;
  if (tookMs > LIMIT_MS) throw new Error(`${where}: took ${Math.round(tookMs)} ms`);
  return outcome;
}

function outcomeOf(work: () => unknown, where: string): Outcome {
  try {
    const result = work();
    const isRecord = typeof result === 'object' && result !== null && 'kind' in result;
    return { kind: isRecord ? String(result.kind) : String(result), result };
  } catch (error) {
    if (!isBanyanError(error)) throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
    return { kind: error.code, result: error.message };
  }
}

class Tally {
  inputs = 0;
  private readonly outcomes: Record<string, number> = {};

  add(kind: string): void {
    this.inputs += 1;
    this.outcomes[kind] = (this.outcomes[kind] ?? 0) + 1;
  }

  report(): FuzzReport {
    return { inputs: this.inputs, outcomes: this.outcomes };
  }
}
