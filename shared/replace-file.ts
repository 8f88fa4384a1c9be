import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

export interface ReplaceOptions {
  /** Permissions of the new file. */
  readonly mode?: number;
  /** Asked last: false leaves everything as it is. */
  readonly isStillWanted?: () => Promise<boolean>;
}

/** Temp file, flush, rename: a reader or a crash sees the old content or the new, never a part. False: not wanted. */
export async function replaceFile(path: string, text: string, options: ReplaceOptions = {}): Promise<boolean> {
  const { mode = 0o666, isStillWanted = () => Promise.resolve(true) } = options;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    if (!(await isStillWanted())) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
  }
}
