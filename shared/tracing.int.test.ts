import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openOtlpReceiver, type OtlpReceiver } from '../test/support/index.ts';
import { openTracing, silentLog, type Tracing } from './index.ts';

describe('a process that traces', () => {
  let receiver: OtlpReceiver;
  let tracing: Tracing;
  beforeEach(async () => {
    receiver = await openOtlpReceiver();
    const protocol = 'http/protobuf';
    const to = { service: 'control', endpoint: receiver.url, protocol, headers: {}, resource: {} } as const;
    tracing = await openTracing({ ...to, ratio: 0, log: silentLog });
  });
  afterEach(() => receiver.close());

  it('records what matters whatever the ratio, with all that is inside it, and nothing else', async () => {
    const whole = tracing.begin('cutover', { isAlwaysRecorded: true, attributes: { 'banyan.unit': 'trips' } });
    tracing.begin('hold', { parent: whole.place }).end();
    tracing.begin('fence', { parent: whole.place }).end('refused');
    whole.end('cancelled');
    tracing.begin('apply').end();
    await tracing.close();
    const [hold, fence, cutover, ...more] = receiver.spans;
    expect(more).toEqual([]);
    expect(cutover).toMatchObject({ name: 'cutover', parentId: '', isError: true, service: 'control' });
    expect(cutover?.attributes).toEqual({ 'banyan.unit': 'trips', 'error.type': 'cancelled' });
    expect(hold).toMatchObject({ name: 'hold', kind: 'internal', parentId: cutover?.spanId, isError: false });
    expect(fence).toMatchObject({ traceId: cutover?.traceId, parentId: cutover?.spanId, isError: true });
  });
});
