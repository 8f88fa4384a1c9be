export { cdcErrors } from './errors.ts';
export type { ChangeEvent, Row, UnreadableEvent, SourceTransaction, Value } from './change-event.ts';
export type { ChangeSource, StartPoint } from './change-source.ts';
export { deadLetterOf, withDeadLetter, type DeadLetter } from './dead-letter.ts';
export { createBinlogChangeSource, type BinlogChangeSourceOptions } from './source/binlog-change-source.ts';
export { createKafkaChangeSource, type KafkaChangeSourceOptions } from './source/kafka/kafka-change-source.ts';
export { PER_TABLE_LIMITS } from './source/kafka/per-table-reading.ts';
export {
  defineMapping,
  type DerivedTable,
  type Mapping,
  type MapRow,
  type TableMaps,
  type TargetRow,
} from './mapping.ts';
export {
  checkMapping,
  type CheckedSide,
  type MappingCheck,
  type MappingCheckOptions,
} from './map/check/mapping-check.ts';
export type { MappingFinding } from './map/check/findings.ts';
export {
  covers,
  emptyPosition,
  formatPosition,
  mergePositions,
  parsePosition,
  transactionsBehind,
  type Position,
} from './position.ts';
export { createStream, type Stream, type StreamState } from './stream/stream.ts';
export type { StreamOptions } from './stream/stream-options.ts';
export { readSchemaChanges } from './stream/schema-changes.ts';
export { sameInColumn } from './tables/canonical.ts';
export { readCatalogue, type ColumnInfo } from './tables/catalogue.ts';
export type { ShapeChange } from './tables/table-shape.ts';
export type { NamedPoint } from './apply/apply.ts';
export type { SnapshotProgress } from './snapshot/copy-meter.ts';
export type { CopyLimits } from './snapshot/snapshot.ts';
export type { ThrottleLimits } from './snapshot/throttle.ts';
export type { Park, ParkedDetail, ParkedItem, ReplaySummary } from './stream/park.ts';
export type { StreamStats } from './stream/stream-stats.ts';
export type { HotSet, KeySet } from './apply/hot-keys.ts';
export type { Lag } from './stream/lag.ts';
export { createHeadReader, readHead, type HeadReader } from './source/head-reader.ts';
export { forgetStream, installBookkeeping, readStreamRecord, type StreamRecord } from './apply/bookkeeping.ts';
export { forgetUnit, markRetired, readRetirement, type Retirement } from './apply/retired-unit.ts';
export { rehearse } from './apply/rehearse.ts';
export { verify, type VerifyOptions, type VerifyProgress } from './verify/verify.ts';
export { verifyContinuously, type ContinuousOptions, type ContinuousProgress } from './verify/verify-continuously.ts';
export { repair, type Left, type LeftReason, type Repair, type RepairOptions } from './verify/repair.ts';
export { compareNumbering, readNumbering, type Numbering } from './inspect/numbering.ts';
export { verifyOwnerKeys } from './verify/verify-owner-keys.ts';
export { verifyKeys, type KeysVerification } from './verify/verify-keys.ts';
export type { FindingKind, Mismatch } from './verify/mismatch.ts';
export type { Sides } from './verify/sides.ts';
export type { Finding, Unverified, UnverifiedReason, Verification } from './verify/verification.ts';
export {
  flipOwner,
  takeBarrier,
  installFence,
  readOwner,
  removeFence,
  type FenceOptions,
  type FlipOutcome,
  type Owner,
  type OwnerSide,
} from './fence/fence.ts';
export type { KeyPlace } from './fence/fence-trigger.ts';
export { flipKeys, isUsableKey, readServedKeys, type KeyFlip } from './fence/key-ownership.ts';
export {
  checkSource,
  checkTarget,
  inspectSource,
  inspectTarget,
  type InspectSourceOptions,
  type InspectTargetOptions,
} from './inspect/inspect.ts';
export type { CheckItem, Verdict } from './inspect/check-item.ts';
export { inspectConnector, type InspectConnectorOptions } from './inspect/inspect-connector.ts';
export { inspectTopics, type InspectTopicsOptions } from './inspect/inspect-topics.ts';
export {
  changeTopic,
  perTableTopics,
  schemaHistoryTopic,
  topicAdvice,
  type StreamDirection,
  type TopicAdvice,
  type TopicMode,
} from './connector/change-topic.ts';
export {
  debeziumConnector,
  type DebeziumConnector,
  type DebeziumConnectorFacts,
} from './connector/debezium-connector.ts';
export { maskPassword, passwordVariable } from './connector/mask-password.ts';
export { sourceKind } from './connector/source-kind.ts';
export type { SourceKind } from './connector/tls-mode.ts';
