import { waitUntil } from '../shared/index.ts';
import { stackErrors } from './errors.ts';
import { awaitHttp } from './ready.ts';

/** A connector as the worker's REST interface describes it. */
export interface ConnectorStatus {
  readonly name: string;
  readonly connector: WorkState;
  readonly tasks: readonly (WorkState & { readonly id: number })[];
}

export interface WorkState {
  /** RUNNING, FAILED, UNASSIGNED, PAUSED, RESTARTING … */
  readonly state: string;
  readonly trace?: string;
}

const BUDGET_MS = 90_000;

/** Talks to the REST interface of a Connect worker. */
export class ConnectClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Resolves when the worker has joined its group and takes requests. */
  awaitReady(budgetMs: number, signal?: AbortSignal): Promise<void> {
    return awaitHttp(`${this.url}/health`, budgetMs, signal);
  }

  /** Throws `STACK_CONNECTOR_FAILED` with the worker's reason. */
  async create(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#whenSettled('PUT', `${pathOf(name)}/config`, name, config);
    let status: ConnectorStatus | undefined;
    const isDecided = async (): Promise<boolean> => {
      status = await this.status(name);
      return status !== undefined && (isRunning(status) || failureOf(status) !== undefined);
    };
    await waitUntil(isDecided, { budgetMs: BUDGET_MS, everyMs: 50 });
    if (status === undefined || !isRunning(status)) throw connectorFailed(name, status);
  }

  /** Resolves when the connector and its tasks have ended. */
  async remove(name: string): Promise<void> {
    await this.#whenSettled('DELETE', pathOf(name), name);
    await waitUntil(async () => (await this.status(name)) === undefined, { budgetMs: BUDGET_MS, everyMs: 20 });
  }

  async status(name: string): Promise<ConnectorStatus | undefined> {
    const response = await this.#send('GET', `${pathOf(name)}/status`);
    if (response.ok) return (await response.json()) as ConnectorStatus;
    await response.body?.cancel();
    return undefined;
  }

  /** Where the worker has stored that a source connector is; undefined while nothing is stored. */
  async storedPlace(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const response = await this.#send('GET', `${pathOf(name)}/offsets`);
    const { offsets = [] } = (await response.json()) as { offsets?: readonly { offset: Record<string, unknown> }[] };
    return offsets[0]?.offset;
  }

  /** While the group is finding its members again the worker answers 409 or 500 to everything. */
  async #whenSettled(method: string, path: string, name: string, body?: unknown): Promise<void> {
    let answer = { status: 0, text: '' };
    const isTaken = async (): Promise<boolean> => {
      const response = await this.#send(method, path, body);
      answer = { status: response.status, text: await response.text() };
      return answer.status !== 409 && answer.status < 500;
    };
    await waitUntil(isTaken, { budgetMs: BUDGET_MS, everyMs: 100 });
    if (answer.status >= 400) throw refused(name, answer.text);
  }

  #send(method: string, path: string, body?: unknown): Promise<Response> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    return fetch(`${this.url}${path}`, { method, headers, ...json, signal: AbortSignal.timeout(BUDGET_MS) });
  }
}

function pathOf(name: string): string {
  return `/connectors/${encodeURIComponent(name)}`;
}

/** A connector without a task does nothing, whatever it says of itself. */
export function isRunning({ connector, tasks }: ConnectorStatus): boolean {
  return connector.state === 'RUNNING' && tasks.length > 0 && tasks.every(({ state }) => state === 'RUNNING');
}

/** The first line of the first trace of what failed. */
export function failureOf({ connector, tasks }: ConnectorStatus): string | undefined {
  const failed = [connector, ...tasks].find(({ state }) => state === 'FAILED');
  return failed === undefined ? undefined : (failed.trace?.split('\n', 1)[0] ?? 'it gave no reason');
}

function connectorFailed(name: string, status: ConnectorStatus | undefined): Error {
  const states = status === undefined ? 'unknown' : [status.connector, ...status.tasks].map(({ state }) => state);
  const reason = (status && failureOf(status)) ?? `not running after ${BUDGET_MS / 1000} s, states: ${String(states)}`;
  return stackErrors.error('STACK_CONNECTOR_FAILED', { message: `connector ${name} does not run: ${reason}` });
}

function refused(name: string, text: string): Error {
  return stackErrors.error('STACK_CONNECTOR_FAILED', {
    message: `connector ${name} was refused: ${text.slice(0, 2000)}`,
  });
}
