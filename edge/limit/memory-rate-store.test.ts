import { MemoryRateStore } from './memory-rate-store.ts';
import { describeRateStore } from './rate-store.contract.ts';

describeRateStore('memory', () => Promise.resolve(new MemoryRateStore()));
