import type { DebeziumConnector } from './debezium-connector.ts';

/** The name of the variable that {@link maskPassword} puts in place of the password. */
export function passwordVariable(name: string): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_PASSWORD`;
}

/**
 * The connector with its password replaced by `${env:NAME}`: a worker whose `config.providers` has `env` takes it as it
 * stands.
 */
export function maskPassword({ name, config }: DebeziumConnector): DebeziumConnector {
  return { name, config: { ...config, 'database.password': `\${env:${passwordVariable(name)}}` } };
}
