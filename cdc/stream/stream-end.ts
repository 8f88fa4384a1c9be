import { isBanyanError, messageOf, type BanyanError } from '../../shared/index.ts';
import { cdcErrors } from '../errors.ts';

/** What ended a run, as an error that may be shown. */
export function endOf(thrown: unknown): BanyanError {
  return isBanyanError(thrown) ? thrown : unforeseen(thrown);
}

function unforeseen(error: unknown): BanyanError {
  // A driver's error may quote rows; only its code is shown.
  const { code, sql } = error as { code?: string; sql?: string };
  return cdcErrors.error('CDC_STREAM_FAILED', {
    message: sql === undefined ? messageOf(error) : `the database answered ${code ?? 'an error without a code'}`,
  });
}

export function notStreaming(message: string): BanyanError {
  return cdcErrors.error('CDC_STREAM_NOT_STREAMING', { message });
}
