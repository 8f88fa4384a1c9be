import { describeForwarder } from './forwarder.contract.ts';
import { MiddlewareForwarder } from './middleware-forwarder.ts';

describeForwarder('http-proxy-middleware', (limits) => new MiddlewareForwarder(limits), {
  retry: 'it has no hook between a failed attempt and the answer',
  repeatedHeaders: 'it copies headers through an object, which joins repeated lines and orders them by name',
});
