import { createHash } from 'node:crypto';
import { access, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, which } from './command.ts';
import { stackErrors } from './errors.ts';
import { installFix } from './install-fix.ts';
import { findJava, MINIMUM_JAVA } from './java.ts';
import { writeStorage } from './kafka-storage.ts';
import { withLock } from './lock.ts';

/** Kafka, Connect and the Debezium connectors as jars in the cache, and the Java to run them. */
export interface KafkaJars {
  readonly java: string;
  /** The class path of the broker and of the Connect worker. */
  readonly classPath: string;
  /** One folder per connector. */
  readonly plugins: string;
  /** A formatted, empty storage folder to copy. */
  readonly storage: string;
  readonly kafkaVersion: string;
  readonly debeziumVersion: string;
}

const INSTALLERS = {
  'apt-get': 'sudo apt-get install -y --no-install-recommends default-jre-headless maven',
  dnf: 'sudo dnf install -y java-21-openjdk-headless maven',
  brew: 'brew install openjdk maven',
};

/**
 * The jars, resolved by Maven from the poms in `maven/` when they are not in the cache yet: about 100 MB, once for each
 * set of versions. Throws `STACK_PROGRAM_MISSING` naming everything that is missing.
 */
export async function obtainKafkaJars(cache: string): Promise<KafkaJars> {
  const poms = await pomFolder();
  const home = join(cache, `kafka-${await fingerprint(poms)}`);
  const isCached = await exists(home);
  const java = await findJava();
  const mvn = isCached ? 'not needed' : await which('mvn');
  if (typeof java !== 'string' || mvn === undefined) throw await missingForKafka(java, mvn);
  if (!isCached)
    await withLock(`${home}.lock`, 600_000, async () => {
      if (!(await exists(home))) await fetchTo(home, { java, mvn, poms });
    });
  return describe(home, java);
}

/** Everything that is missing, in one error. */
export async function missingForKafka(
  java: string | { readonly unavailable: string },
  mvn: string | undefined,
): Promise<Error> {
  const reasons = [
    ...(typeof java === 'string' ? [] : [`Java ${MINIMUM_JAVA} or newer: ${java.unavailable}`]),
    ...(mvn === undefined ? ['Maven, to fetch their jars once: mvn is not in PATH'] : []),
  ];
  return stackErrors.error('STACK_PROGRAM_MISSING', {
    message: `Kafka and Debezium need what is not here (the embedded mode does not).\n${reasons.join('\n')}`,
    fix: await installFix(INSTALLERS, `install Java ${MINIMUM_JAVA} or newer and Maven, so that both are in PATH`),
  });
}

/** Everything happens in a draft beside `home`, which takes its name only when whole. */
async function fetchTo(home: string, from: { java: string; mvn: string; poms: string }): Promise<void> {
  const draft = await mkdtemp(`${home}-draft-`);
  try {
    const goal = ['-f', join(from.poms, 'pom.xml'), 'dependency:copy-dependencies', `-Djars=${draft}`];
    // Maven leaves marker files in the folder it is run from.
    await run(from.mvn, ['-B', '-q', ...goal], { cwd: draft });
    await writeStorage(from.java, `${join(draft, 'kafka')}/*`, join(draft, 'storage'));
    await rename(draft, home);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function describe(home: string, java: string): Promise<KafkaJars> {
  const plugins = join(home, 'plugins');
  return {
    java,
    classPath: `${join(home, 'kafka')}/*`,
    plugins,
    storage: join(home, 'storage'),
    kafkaVersion: await versionOf(join(home, 'kafka'), /^kafka-clients-(.+)\.jar$/),
    debeziumVersion: await versionOf(join(plugins, 'debezium-mariadb'), /^debezium-connector-mariadb-(.+)\.jar$/),
  };
}

async function versionOf(folder: string, jar: RegExp): Promise<string> {
  const names = await readdir(folder);
  return names.map((name) => jar.exec(name)?.[1]).find((version) => version !== undefined) ?? 'unknown';
}

/** The poms lie beside this file; beside the compiled one they do not, there the package brings them along. */
async function pomFolder(): Promise<string> {
  const beside = fileURLToPath(new URL('maven', import.meta.url));
  return (await exists(beside)) ? beside : fileURLToPath(new URL('../../stack/maven', import.meta.url));
}

/** Changes with any pinned version, so that a cache of another time is never taken for this one. */
async function fingerprint(poms: string): Promise<string> {
  const files = (await readdir(poms, { recursive: true })).filter((name) => name.endsWith('pom.xml')).toSorted();
  const hash = createHash('sha256');
  for (const name of files) hash.update(name).update(await readFile(join(poms, name)));
  return hash.digest('hex').slice(0, 12);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
