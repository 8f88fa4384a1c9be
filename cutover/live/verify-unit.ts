import {
  repair,
  verify,
  verifyContinuously,
  type Mismatch,
  type Repair,
  type Sides,
  type Stream,
} from '../../cdc/index.ts';
import { cutoverErrors } from '../errors.ts';
import type { Side } from '../stage.ts';
import type { UnitVerification, VerifyOptions } from '../unit/unit-runtime.ts';

export interface UnitVerificationParts {
  readonly unit: string;
  readonly sides: Sides;
  readonly stream: Stream;
  /** The stream's name, which side it writes to, and the mark of its own writes. */
  readonly name: string;
  readonly targetSide: Side;
  readonly ownDomain: number;
  readonly mappingVersion: number;
}

/** As many wrong rows as one repair takes up; another one takes up the rest. */
const REPAIRED_AT_ONCE = 10_000;

/** Compares one direction of a unit in the mode that was asked for. Throws VERIFY_DIRECTION where that makes no sense. */
export async function verifyUnit(parts: UnitVerificationParts, options: VerifyOptions): Promise<UnitVerification> {
  const { continuous, repair: wanted, maxViewS, passes, maxRowsPerS, resume = false, signal, onProgress } = options;
  if (continuous || wanted) requireWrittenSource(parts, continuous ? 'continuously' : 'with a repair');
  const { name, mappingVersion, sides, stream } = parts;
  const common = {
    ...sides,
    run: { name, mappingVersion, resume },
    ...(maxRowsPerS === undefined ? {} : { maxRowsPerS }),
    ...(signal && { signal }),
  };
  if (continuous) {
    let last = { table: '', rows: 0, total: 0 };
    return verifyContinuously({
      ...common,
      stream,
      ...(passes === undefined ? {} : { passes }),
      onProgress: (progress) => onProgress?.((last = progress)),
      onResult: async (result) => onProgress?.({ ...last, result }),
    });
  }
  let mismatches: readonly Mismatch[] = [];
  const result = await verify({
    ...common,
    ...(maxViewS === undefined ? {} : { viewBudgetMs: maxViewS * 1000 }),
    ...(wanted && { keepMismatches: REPAIRED_AT_ONCE }),
    onMismatches: (found) => (mismatches = found),
    ...(onProgress && { onProgress }),
  });
  return wanted ? { ...result, repair: await repairUnit(parts, mismatches, options) } : result;
}

function repairUnit(
  { unit, sides, stream, name, targetSide, ownDomain }: UnitVerificationParts,
  mismatches: readonly Mismatch[],
  { repair: wanted, signal }: VerifyOptions,
): Promise<Repair> {
  const { peer: _, ...rest } = sides;
  const dryRun = wanted === 'dry-run';
  const options = { ...rest, stream, name, unit, targetSide, ownDomain, dryRun, ...(signal && { signal }) };
  return repair(options, mismatches);
}

/** Both need the stream between: it runs from the side that owns the rows to its copy. */
function requireWrittenSource({ unit, sides, targetSide }: UnitVerificationParts, how: string): void {
  if (!sides.peer) return;
  throw cutoverErrors.error('VERIFY_DIRECTION', {
    message: `${unit} cannot be verified ${how} in this direction: ${targetSide}, its target, owns the rows`,
  });
}
