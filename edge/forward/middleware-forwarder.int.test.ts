import { describeForwarder } from './forwarder.contract.ts';
import { MiddlewareForwarder } from './middleware-forwarder.ts';

describeForwarder('http-proxy-middleware', (limits) => new MiddlewareForwarder(limits));
