import type { EdgeLimits, EdgeOptions } from '../options.ts';
import { DirectForwarder } from './direct-forwarder.ts';
import type { Forwarder } from './forwarder.ts';
import { MiddlewareForwarder } from './middleware-forwarder.ts';
import { UndiciForwarder } from './undici-forwarder.ts';

/** Who carries ordinary HTTP. */
export function openForwarder(choice: EdgeOptions['forwarder'], limits: EdgeLimits): Forwarder {
  if (typeof choice === 'function') return choice(limits);
  if (choice === 'http-proxy-middleware') return new MiddlewareForwarder(limits);
  const undici = new UndiciForwarder(limits);
  return choice === 'undici' ? undici : new DirectForwarder(limits, undici);
}
