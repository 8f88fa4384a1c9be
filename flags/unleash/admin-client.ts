import { messageOf } from '../../shared/index.ts';
import { flagErrors } from '../errors.ts';
import type { Strategy } from '../feature-set.ts';
import type { UnleashPlace } from './unleash-place.ts';

/** A flag as the admin API tells it. */
export interface AdminFeature {
  readonly name: string;
  readonly type: string;
  readonly environments: readonly {
    readonly name: string;
    readonly enabled: boolean;
    readonly strategies: readonly AdminStrategy[];
  }[];
}

export type AdminStrategy = Strategy & { readonly id: string; readonly disabled?: boolean };

const TIMEOUT_MS = 10_000;

/** The few calls of Unleash's admin API that we need, for one project and environment. */
export class AdminClient {
  readonly place: UnleashPlace;
  readonly #base: string;

  constructor(place: UnleashPlace) {
    this.place = place;
    this.#base = `${place.url.replace(/\/$/, '')}/admin/projects/${encodeURIComponent(place.project)}/features`;
  }

  /** Undefined when there is no such flag. */
  async feature(name: string): Promise<AdminFeature | undefined> {
    const response = await this.#send('GET', pathOf(name));
    if (response.status === 404 && (await isMissingFlag(response.clone()))) return undefined;
    return (await this.#checked(response)).json() as Promise<AdminFeature>;
  }

  async create(flag: { name: string; type: string; description: string }): Promise<void> {
    await this.#do('POST', '', flag);
  }

  async addStrategy(flag: string, strategy: Strategy): Promise<void> {
    await this.#do('POST', `${this.#environmentOf(flag)}/strategies`, strategy);
  }

  async changeStrategy(flag: string, id: string, strategy: Strategy): Promise<void> {
    await this.#do('PUT', `${this.#environmentOf(flag)}/strategies/${id}`, strategy);
  }

  async removeStrategy(flag: string, id: string): Promise<void> {
    await this.#do('DELETE', `${this.#environmentOf(flag)}/strategies/${id}`);
  }

  async turn(flag: string, enabled: boolean): Promise<void> {
    await this.#do('POST', `${this.#environmentOf(flag)}/${enabled ? 'on' : 'off'}`);
  }

  #environmentOf(flag: string): string {
    return `${pathOf(flag)}/environments/${encodeURIComponent(this.place.environment)}`;
  }

  async #do(method: string, path: string, body?: object): Promise<void> {
    const response = await this.#checked(await this.#send(method, path, body));
    await response.body?.cancel();
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    try {
      return await fetch(this.#base + path, {
        method,
        headers: { authorization: this.place.token, 'content-type': 'application/json' },
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch (cause) {
      const { cause: inner } = cause as { cause?: { code?: string } };
      const message = `Unleash at ${this.place.url} does not answer: ${inner?.code ?? messageOf(cause)}`;
      throw flagErrors.error('FLAGS_ADMIN_UNREACHABLE', { message, cause });
    }
  }

  async #checked(response: Response): Promise<Response> {
    if (response.ok) return response;
    const { status } = response;
    const said = await reasonOf(response);
    const message = `Unleash at ${this.place.url} answers ${status}: ${said}`;
    if (status === 401 || status === 403) throw flagErrors.error('FLAGS_ADMIN_REFUSED', { message });
    throw flagErrors.error(status >= 500 ? 'FLAGS_ADMIN_UNREACHABLE' : 'FLAGS_ADMIN_REJECTED', { message });
  }
}

function pathOf(flag: string): string {
  return `/${encodeURIComponent(flag)}`;
}

/** A missing project and an address that is no Unleash are 404 too. */
async function isMissingFlag(response: Response): Promise<boolean> {
  return /no feature named|could not find feature/i.test(await response.text());
}

/** Unleash names what is wrong in `details`; of anything else the beginning is enough. */
async function reasonOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  try {
    const { message = '', details = [] } = JSON.parse(text) as { message?: string; details?: { message?: string }[] };
    return details.map((detail) => detail.message).join(' ') || message || text.slice(0, 200);
  } catch {
    return text.slice(0, 200) || 'nothing more';
  }
}
