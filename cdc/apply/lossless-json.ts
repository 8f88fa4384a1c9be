import type { ChangeEvent, Row, Value } from '../change-event.ts';

type Written = string | number | null | { readonly bytes: string } | { readonly number: '-0' };

/** A change as text that gives back every value bit by bit: bytes as base64, text with its lone surrogates. */
export function writeChange(change: ChangeEvent): string {
  return JSON.stringify(change, function write(this: Record<string, unknown>, name, value: unknown) {
    // Buffers turn themselves into JSON before they get here: the original is in the object around.
    const original = this[name];
    if (Buffer.isBuffer(original)) return { bytes: original.toString('base64') };
    return Object.is(value, -0) ? { number: '-0' } : value;
  });
}

export function readChange(text: string): ChangeEvent {
  const written = JSON.parse(text) as Record<string, unknown>;
  const images = ['before', 'after', 'key'] as const;
  for (const name of images) if (written[name]) written[name] = readRow(written[name] as Record<string, Written>);
  return written as unknown as ChangeEvent;
}

export function writeRow(row: Row): string {
  const values = Object.entries(row).map(([name, value]) => [
    name,
    Buffer.isBuffer(value) ? `0x${value.toString('hex')}` : value,
  ]);
  return JSON.stringify(Object.fromEntries(values));
}

function readRow(written: Readonly<Record<string, Written>>): Row {
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, readValue(value)]));
}

function readValue(value: Written): Value {
  if (value === null || typeof value !== 'object') return value;
  return 'bytes' in value ? Buffer.from(value.bytes, 'base64') : -0;
}
