import { messageOf } from '../../shared/index.ts';
import { debeziumConnector, type DebeziumConnectorFacts } from '../connector/debezium-connector.ts';
import { ok, type CheckItem } from './check-item.ts';

export interface InspectConnectorOptions extends DebeziumConnectorFacts {
  /** Of the Connect worker's REST interface. */
  readonly connectUrl: string;
}

/** How the worker reaches things is its own business, and secrets are not compared; these two have a choice. */
const NOT_COMPARED =
  /^(name|database\.(hostname|port|user|password|ssl\..*)|.*bootstrap\.servers|.*\.schemas\.enable|exactly\.once\.support|transaction\.boundary|topic\.creation\..*|producer\.override\..*)$/;

/** Compares the connector that runs with the one that the plan asks for: every setting that keeps a value from being lost. */
export async function inspectConnector(options: InspectConnectorOptions): Promise<CheckItem[]> {
  const { name, config } = debeziumConnector(options);
  const subject = `connector ${name}`;
  const expected = 'as `banyan connector` prints it';
  try {
    const running = await read(options.connectUrl, `${name}/config`);
    if (!running)
      return [
        problem(subject, 'missing', 'a connector of this name', 'create it: `banyan connector <unit>` prints it'),
      ];
    const differing = Object.entries(config).filter(
      ([key, value]) => !NOT_COMPARED.test(key) && running[key] !== value,
    );
    const state = await stateOf(options.connectUrl, name);
    const isRunning = state === 'RUNNING';
    return [
      ...(isRunning
        ? [ok(`${subject} state`, state, 'RUNNING')]
        : [problem(`${subject} state`, state, 'RUNNING', 'look at its trace: GET /connectors/<name>/status')]),
      ...(differing.length === 0 ? [ok(subject, `${Object.keys(config).length} settings`, expected)] : []),
      ...differing.map(([key, value]) =>
        problem(`${subject} ${key}`, JSON.stringify(running[key] ?? null), value, `set ${key}=${value}`),
      ),
    ];
  } catch (error) {
    return [
      problem(
        `Connect at ${new URL(options.connectUrl).host}`,
        `unreachable (${messageOf(error)})`,
        'a worker that answers',
        'start it, or correct CONNECT_URL',
      ),
    ];
  }
}

async function stateOf(connectUrl: string, name: string): Promise<string> {
  const status = (await read(connectUrl, `${name}/status`)) as
    | { connector?: { state?: string }; tasks?: { state?: string }[] }
    | undefined;
  const states = [status?.connector?.state, ...(status?.tasks ?? []).map((task) => task.state)];
  return states.find((state) => state !== 'RUNNING') ?? (states.length > 1 ? 'RUNNING' : 'without a task');
}

async function read(connectUrl: string, path: string): Promise<Record<string, unknown> | undefined> {
  const url = `${connectUrl.replace(/\/$/, '')}/connectors/${path}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (response.ok) return (await response.json()) as Record<string, unknown>;
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw new Error(`it answers ${response.status}`);
}

function problem(subject: string, value: string, expected: string, fix: string): CheckItem {
  return { verdict: 'problem', subject, value, expected, fix };
}
