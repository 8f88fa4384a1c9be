type Mutation = (bytes: Buffer, pick: (below: number) => number) => Buffer;

const flipBit: Mutation = (bytes, pick) => {
  const copy = Buffer.from(bytes);
  const at = pick(copy.length);
  if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << pick(8));
  return copy;
};

const truncate: Mutation = (bytes, pick) => bytes.subarray(0, pick(bytes.length + 1));

const remove: Mutation = (bytes, pick) => {
  const from = pick(bytes.length);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + pick(12))]);
};

const repeat: Mutation = (bytes, pick) => {
  const from = pick(bytes.length);
  const part = bytes.subarray(from, from + 1 + pick(40));
  return Buffer.concat([bytes.subarray(0, from), part, bytes.subarray(from)]);
};

const insertBytes: Mutation = (bytes, pick) => {
  const at = pick(bytes.length + 1);
  const noise = Buffer.from(Array.from({ length: 1 + pick(6) }, () => pick(256)));
  return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
};

const junk = [
  'null',
  'true',
  'false',
  '""',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e999',
  '1E-10',
  '01',
  '9007199254740993',
  '18446744073709551616',
  '9'.repeat(500),
  `1${'0'.repeat(5000)}`,
  '"\\ud83d"',
  '"\\u0000"',
  '"😀"',
  '"__debezium_unavailable_value"',
  '"AP//////////"',
  '"=== "',
  '"2026-02-30T25:61:61Z"',
  '"1970-01-01T00:00:00Z"',
  '{}',
  '[]',
  '{"a":{"b":[1,2,{"c":null}]}}',
  '['.repeat(2000),
  `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`,
  ' \n\t1 ',
  '-',
  'nul',
  '"\n"',
  '"c"',
  '"u"',
  '"d"',
  '"t"',
  '"r"',
];

/** Puts something else in the place of a value: what stands between a colon and the next comma or bracket. */
const replaceValue: Mutation = (bytes, pick) => {
  const text = bytes.toString('latin1');
  const colons = [...text.matchAll(/":/g)].map(({ index }) => index + 2);
  const from = colons[pick(colons.length)];
  if (from === undefined) return bytes;
  const length = text.slice(from).search(/[,}\]]/);
  const other = Buffer.from(junk[pick(junk.length)] ?? '');
  return Buffer.concat([bytes.subarray(0, from), other, bytes.subarray(length < 0 ? bytes.length : from + length)]);
};

const mutations = [flipBit, truncate, remove, repeat, insertBytes, replaceValue, replaceValue, replaceValue, flipBit];

/** One to three damages. */
export function mutate(bytes: Buffer, random: () => number): Buffer {
  const pick = (below: number): number => Math.floor(random() * below);
  let damaged = bytes;
  for (let i = pick(3); i >= 0; i--) damaged = (mutations[pick(mutations.length)] as Mutation)(damaged, pick);
  return damaged;
}
