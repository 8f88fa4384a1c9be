import { join } from 'node:path';
import { isExecutable, run, which } from './command.ts';

/** The oldest Java that Kafka's broker runs on. */
export const MINIMUM_JAVA = 17;

/** Java as found on this machine, or why it cannot be used. */
export async function findJava(home = process.env['JAVA_HOME']): Promise<string | { readonly unavailable: string }> {
  const named = home === undefined ? undefined : join(home, 'bin', 'java');
  const java = named !== undefined && (await isExecutable(named)) ? named : await which('java');
  if (java === undefined) return { unavailable: 'java is not in PATH and JAVA_HOME is not set' };
  const printed = await run(java, ['--version']).catch(() => '');
  const major = javaMajor(printed);
  return major >= MINIMUM_JAVA ? java : { unavailable: `${java} is Java ${major === 0 ? 'of an unknown age' : major}` };
}

/** `17` out of what `java --version` prints; 0 when it says nothing of the kind (before Java 9 it did not). */
export function javaMajor(printed: string): number {
  return Number(/^\S+ (\d+)/.exec(printed)?.[1] ?? 0);
}

/**
 * What every JVM of the stack runs with: one garbage collector thread on a shared machine, its scratch files in the
 * server's folder, and nothing left in the system's temporary directory after `kill -9`.
 */
export function javaFlags(folder: string, heap: string): string[] {
  return [
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    `-Djava.io.tmpdir=${folder}`,
    `-Dlog4j2.configurationFile=${join(folder, LOG_SETTINGS)}`,
  ];
}

export const LOG_SETTINGS = 'log4j2.properties';

/** Warnings and worse, to the standard output. */
export const logSettings = `status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %-5p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
`;

/** Java's own format for settings, one `name=value` a line. */
export function properties(settings: Readonly<Record<string, string | number | boolean>>): string {
  const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${escape(String(value))}\n`)
    .join('');
}
