import { describeForwarder } from './forwarder.contract.ts';
import { UndiciForwarder } from './undici-forwarder.ts';

describeForwarder('undici', (limits) => new UndiciForwarder(limits));
