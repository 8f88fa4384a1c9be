export { cdcErrors } from './errors.ts';
export type { ChangeEvent, Row, SourceTransaction, Value } from './change-event.ts';
export type { ChangeSource } from './change-source.ts';
export { createBinlogChangeSource, type BinlogChangeSourceOptions } from './binlog-change-source.ts';
export { defineMapping, type Mapping, type MapRow, type TableMaps, type TargetRow } from './mapping.ts';
export {
  covers,
  emptyPosition,
  formatPosition,
  mergePositions,
  parsePosition,
  transactionsBehind,
  type Position,
} from './position.ts';
export { createStream, type Stream, type StreamOptions, type StreamState } from './stream.ts';
export type { NamedPoint } from './apply.ts';
export type { SnapshotProgress } from './snapshot.ts';
export type { HotSet, KeySet } from './hot-keys.ts';
export type { Lag } from './lag.ts';
export { createHeadReader, readHead, type HeadReader } from './head-reader.ts';
export { forgetStream, installBookkeeping, readStreamRecord, type StreamRecord } from './bookkeeping.ts';
export { rehearse } from './rehearse.ts';
export { verify, verifyKeys, type KeysVerification, type VerifyOptions } from './verify.ts';
export type { Finding, FindingKind, Verification } from './verification.ts';
export {
  flipOwner,
  installFence,
  readOwner,
  removeFence,
  type FenceOptions,
  type FlipOutcome,
  type Owner,
  type OwnerSide,
} from './fence.ts';
export { inspectSource, inspectTarget, type InspectSourceOptions, type InspectTargetOptions } from './inspect.ts';
