import { DirectForwarder } from './direct-forwarder.ts';
import { describeForwarder } from './forwarder.contract.ts';
import { UndiciForwarder } from './undici-forwarder.ts';

describeForwarder('direct', (limits) => new DirectForwarder(limits, new UndiciForwarder(limits)));
