import { describe, expect, it } from '@jest/globals';
import { HostAllowList } from '../targets/host-allow-list.ts';
import { parseAddresses } from './file-endpoints.ts';
import { RegisteredEndpoints } from './registered-endpoints.ts';

describe('a file of endpoints', () => {
  it('lists URLs, with a weight where one is given', () => {
    expect(parse('["http://10.0.0.4", {"url": "http://10.0.0.5:1", "weight": 3}]')).toEqual([
      { url: 'http://10.0.0.4', weight: 1 },
      { url: 'http://10.0.0.5:1', weight: 3 },
    ]);
  });

  it.each([
    ['', 'JSON'],
    ['{}', 'expected a JSON list of URLs, with one at least'],
    ['[]', 'expected a JSON list of URLs, with one at least'],
    ['["http://10.0.0.4", "10.0.0.5", 7, null]', 'entry 2 is not a URL; entry 3 is not a URL; entry 4 is not a URL'],
    ['[{"url": "http://10.0.0.4", "weight": -1}]', 'entry 1 is not a URL'],
    ['["http://169.254.169.254"]', 'entry 1 is at 169.254.169.254, where no target may be'],
  ])('%s is refused as a whole', (text, problem) => {
    expect(() => parse(text)).toThrow(problem);
  });
});

describe('registered endpoints', () => {
  it('are those that registered, and the target’s own URL while none has', async () => {
    const known: string[] = [];
    let changed: () => void = () => undefined;
    const registrations = {
      addresses: () => known.map((url) => ({ url, weight: 1 })),
      onChange: (listener: () => void) => {
        changed = listener;
        return () => (changed = () => undefined);
      },
    };
    const told: string[][] = [];
    const source = new RegisteredEndpoints(registrations, 'trips', { url: 'http://trips', weight: 1 });
    source.start((addresses) => told.push(addresses.map(({ url }) => url)));
    known.push('http://a', 'http://b');
    changed();
    known.length = 0;
    changed();
    await source.stop();
    changed();
    expect(told).toEqual([['http://trips'], ['http://a', 'http://b'], ['http://trips']]);
  });
});

function parse(text: string): unknown {
  return parseAddresses(text, new HostAllowList());
}
