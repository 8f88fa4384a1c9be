import { readFile } from 'node:fs/promises';
import { messageOf, replaceFile, WatchedFile, type Log } from '../shared/index.ts';

/** Stands for every unit there is. */
export const ALL_UNITS = '*';

export interface KillSwitchOptions {
  /** The file that lists what is killed. Without one, what an operator says is forgotten at the end of the process. */
  readonly path?: string;
  /** Names that mean something; others are reported. */
  readonly units: readonly string[];
  /** What it does to them, for the log: takes them off their services, unless said otherwise. */
  readonly effect?: string;
  readonly log: Log;
}

/**
 * Units taken off their service at this edge, without asking anybody: no flag server, no control database. From a file
 * of names (`*` for all, `#` for comments) that is read at the start and watched, and from an operator's word, which
 * counts at once and is then written to the file.
 */
export class KillSwitch {
  readonly #options: KillSwitchOptions;
  readonly #file: WatchedFile | undefined;
  /** The text last looked at: a look that finds nothing new leaves alone what could not be written. */
  #seen: string | undefined;
  #listed: ReadonlySet<string> = new Set();
  readonly #said = new Set<string>();
  readonly #heard = new Set<string>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: KillSwitchOptions) {
    this.#options = options;
    this.#file = options.path === undefined ? undefined : new WatchedFile(options.path, (text) => this.#take(text));
  }

  /** What is killed now. */
  get killed(): readonly string[] {
    return [...new Set([...this.#listed, ...this.#said, ...this.#heard])];
  }

  async start(): Promise<void> {
    await this.#file?.start();
  }

  async stop(): Promise<void> {
    await this.#writing;
    await this.#file?.stop();
  }

  isKilled(unit: string): boolean {
    if (this.#listed.size === 0 && this.#said.size === 0 && this.#heard.size === 0) return false;
    return this.#names(unit) || this.#names(ALL_UNITS);
  }

  /** Takes effect before it returns. The promise tells whether a restart will know it too. */
  set(name: string, killed: boolean): Promise<boolean> {
    if (killed) this.#said.add(name);
    else {
      this.#said.delete(name);
      this.#listed = without(this.#listed, name);
    }
    const kept = this.#writing.then(() => this.#keep(name, killed)); // One edit at a time, or one would be lost.
    this.#writing = kept;
    return kept;
  }

  /** The same word, said to the process that keeps the file: it counts here too, until the file says something new. */
  hear(name: string, killed: boolean): void {
    if (killed) this.#heard.add(name);
    else {
      this.#heard.delete(name);
      this.#listed = without(this.#listed, name);
    }
  }

  #names(name: string): boolean {
    return this.#listed.has(name) || this.#said.has(name) || this.#heard.has(name);
  }

  async #keep(name: string, killed: boolean): Promise<boolean> {
    const { path, log } = this.#options;
    if (path === undefined) return false;
    try {
      const text = edited(await textOf(path), name, killed);
      await replaceFile(path, text);
      this.#take(text);
      this.#said.delete(name);
      return true;
    } catch (error) {
      log.error({ path, problem: messageOf(error) }, 'the file cannot be written: a restart will not know');
      return false;
    }
  }

  #take(text = ''): void {
    if (text === this.#seen) return;
    this.#seen = text;
    this.#heard.clear();
    const names = namesIn(text);
    this.#listed = new Set(names);
    const { path, units, effect = 'takes units off their services', log } = this.#options;
    const unknown = names.filter((name) => name !== ALL_UNITS && !units.includes(name));
    if (names.length > 0) log.warn({ path, killed: names }, `the file ${effect}`);
    if (unknown.length > 0) log.warn({ path, unknown, units }, 'the file names units that no plan declares');
  }
}

function namesIn(text: string): string[] {
  return text
    .replaceAll(/#.*/g, '')
    .split(/[\s,]+/)
    .filter((name) => name !== '');
}

/** Keeps every line it has nothing to say about, comments included. */
function edited(text: string, name: string, killed: boolean): string {
  if (killed) return namesIn(text).includes(name) ? text : `${text.replace(/\n?$/, text === '' ? '' : '\n')}${name}\n`;
  const lines = text.split('\n').map((line) => (namesIn(line).includes(name) ? rest(line, name) : line));
  return lines.filter((line): line is string => line !== undefined).join('\n');
}

/** The line without the name; undefined when nothing is left. */
function rest(line: string, name: string): string | undefined {
  const names = namesIn(line).filter((other) => other !== name);
  return names.length > 0 ? names.join(' ') : undefined;
}

function without(names: ReadonlySet<string>, name: string): Set<string> {
  return new Set([...names].filter((other) => other !== name));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
