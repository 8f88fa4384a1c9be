import { parseArgs } from 'node:util';

export interface DemoSettings {
  readonly json: boolean;
  /** Edge, sync and control as processes of their own; Kafka and Debezium carry every change. */
  readonly distributed: boolean;
  /** Length of the traffic, spread over the stages. */
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly size: { readonly users: number; readonly vehicles: number; readonly trips: number };
}

const usage =
  'usage: npm run demo -- [--json] [--distributed] [--seconds N] [--rps N] [--trips N] [--users N] [--vehicles N]';

/** Exits with 2 and the usage on anything it does not know. */
export function demoSettings(argv: readonly string[]): DemoSettings {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        json: { type: 'boolean', default: false },
        distributed: { type: 'boolean', default: false },
        seconds: { type: 'string', default: '60' },
        rps: { type: 'string', default: '80' },
        users: { type: 'string', default: '10000' },
        vehicles: { type: 'string', default: '1000' },
        trips: { type: 'string', default: '200000' },
      },
    });
    const size = {
      users: positive('users', values.users),
      vehicles: positive('vehicles', values.vehicles),
      trips: positive('trips', values.trips),
    };
    return {
      json: values.json,
      distributed: values.distributed,
      seconds: positive('seconds', values.seconds),
      requestsPerSecond: positive('rps', values.rps),
      size,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    process.exit(2);
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`--${name} is "${text}"; expected a whole number above 0`);
}
