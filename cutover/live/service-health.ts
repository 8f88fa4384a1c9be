import { messageOf } from '../../shared/index.ts';

export interface ServiceHealth {
  readonly ok: boolean;
  readonly detail: string;
}

const paths = ['/healthz', '/readyz'] as const;

/** What a service says of itself. Never throws. */
export async function askHealth(url: string): Promise<ServiceHealth> {
  for (const path of paths) {
    const problem = await askPath(url.replace(/\/$/, ''), path);
    if (problem) return { ok: false, detail: problem };
  }
  return { ok: true, detail: 'ready' };
}

async function askPath(base: string, path: string): Promise<string | undefined> {
  try {
    const response = await fetch(base + path, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok ? undefined : `${path} answers ${response.status}`;
  } catch (error) {
    return `${path}: ${messageOf(error)}`;
  }
}
