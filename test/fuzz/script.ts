import { createRandom, type Random } from '../../legacy/traffic/random.ts';
import { bytesOf } from './draft.ts';
import { plainDraft } from './plain-draft.ts';
import { twist } from './twists.ts';

/** What a client sends on one connection, in pieces; latin1. */
export interface Script {
  readonly pieces: readonly string[];
  readonly text: string;
}

/** The same for the same two numbers. */
export function createScript(seed: number, session: number): Script {
  const random = createRandom(seed, `session ${session}`);
  let text = '';
  for (let i = random.int(1, 4); i > 0; i--) text += request(random, `${session}-${i}`);
  if (random.chance(0.2)) text = damaged(text, random);
  return { text, pieces: cut(text, random) };
}

function request(random: Random, name: string): string {
  const draft = plainDraft(random, name);
  if (random.chance(0.45)) twist(draft, random);
  return (random.chance(0.03) ? random.pick(['\r\n', '\r\n\r\n', '\n', '\r', ' ']) : '') + bytesOf(draft);
}

const NOISE = ['\r', '\n', '\r\n', '\r\n\r\n', '\x00', ' ', '\t', ':', ';', ',', '0', '\xff', '\x80', '\x7f', '\x0b'];

/** One to three bytes or stretches that are something else, missing, or there twice. */
function damaged(text: string, random: Random): string {
  let all = text;
  for (let i = random.int(1, 3); i > 0; i--) {
    const at = random.int(0, all.length);
    const length = random.pick([1, 1, 2, 12]);
    const part = all.slice(at, at + length);
    const other = random.pick(['', random.pick(NOISE), part + part, String.fromCharCode(random.int(0, 255))]);
    all = random.chance(0.1) ? all.slice(0, at) : all.slice(0, at) + other + all.slice(at + part.length);
  }
  return all;
}

function cut(text: string, random: Random): string[] {
  switch (random.int(0, 9)) {
    case 0:
    case 1:
      return text.length < 1000 ? text.split('') : [text];
    case 2:
    case 3:
      return text.split(/(?<=\r)|(?<=\n)/);
    case 4:
    case 5:
    case 6: {
      const at = random.int(0, text.length);
      return [text.slice(0, at), text.slice(at)].filter((part) => part !== '');
    }
    default:
      return [text];
  }
}
