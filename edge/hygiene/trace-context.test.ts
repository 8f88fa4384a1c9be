import { describe, expect, it } from '@jest/globals';
import { HeaderLines } from './header-lines.ts';
import { takeTraceContext } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const take = (list: readonly string[]) => takeTraceContext(HeaderLines.ofList(list));

describe('the trace a request says it belongs to', () => {
  it('stands at the end of the lines, whatever the spelling', () => {
    const { headers, context } = take(['Host', 'a', 'TraceParent', PARENT, 'X-A', '1', 'Baggage', 'k=v']);
    expect(headers.list).toEqual(['Host', 'a', 'X-A', '1', 'baggage', 'k=v'].toSpliced(4, 0, 'traceparent', PARENT));
    expect(context).toEqual({ traceparent: PARENT, tracestate: undefined, baggage: 'k=v' });
  });

  it.each([
    ['empty', ''],
    ['all zeros for the trace', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['all zeros for the parent', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capital letters', PARENT.toUpperCase()],
    ['the forbidden version', `ff${PARENT.slice(2)}`],
    ['more fields than version 00 has', `${PARENT}-00`],
    ['too short', PARENT.slice(0, -1)],
    ['something else', 'hello'],
    ['very long', `00-${'a'.repeat(9000)}`],
  ])('is none when traceparent is %s', (_, value) => {
    const { context } = take(['traceparent', value, 'tracestate', 'a=1']);
    expect(context).toEqual({ traceparent: undefined, tracestate: undefined, baggage: undefined });
  });

  it('is none when two lines say different things', () => {
    expect(take(['traceparent', PARENT, 'traceparent', PARENT]).context.traceparent).toBeUndefined();
  });

  it('is read from a later version by what is known of it', () => {
    expect(take(['traceparent', `01${PARENT.slice(2)}-what-ever`]).context.traceparent).toBe(PARENT);
  });

  it('keeps the order of tracestate over several lines', () => {
    const lines = ['traceparent', PARENT, 'tracestate', 'b=2, a=1', 'tracestate', 'c@d=3'];
    expect(take(lines).context.tracestate).toBe('b=2,a=1,c@d=3');
  });

  it.each([
    ['tracestate', 512, 32],
    ['baggage', 8192, 64],
  ])('bounds %s to %i bytes and %i members, leaving out from the right', (name, bytes, members) => {
    const long = Array.from({ length: 200 }, (_, i) => `k${i}=${'v'.repeat(250)}`).join(',');
    const many = Array.from({ length: 200 }, (_, i) => `k${i}=v`).join(',');
    for (const value of [long, many]) {
      const { context } = take(['traceparent', PARENT, name, value]);
      const kept = (name === 'baggage' ? context.baggage : context.tracestate) ?? '';
      expect(value.startsWith(`${kept},`)).toBe(true);
      expect(kept.length).toBeLessThanOrEqual(bytes);
      expect(kept.split(',').length).toBeLessThanOrEqual(members);
    }
  });

  it('leaves out members that are not of their form', () => {
    const { context } = take(['traceparent', PARENT, 'tracestate', 'A=1,ok=2,=3', 'baggage', 'a b=1,ok=2']);
    expect([context.tracestate, context.baggage]).toEqual(['ok=2', 'ok=2']);
  });
});
