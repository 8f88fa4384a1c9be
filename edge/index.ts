export type { BrownoutOrder } from './decide/brownout.ts';
export type { WritePeriods } from './decide/write-times.ts';
export { decideTarget, REASONS, type Decision, type Facts, type Reason } from './decide/decide.ts';
export { OVERRIDE_COOKIE, OVERRIDE_HEADER, signOverride, type Override } from './decide/override.ts';
export type { ReloadOptions } from './current-configuration.ts';
export { EdgeCluster, type ClusterOptions } from './cluster/edge-cluster.ts';
export { EdgeWorker } from './cluster/edge-worker.ts';
export type { Ports } from './cluster/messages.ts';
export { createEdge, type Edge } from './edge.ts';
export type { Middleware, Unmatched } from './embed/middleware.ts';
export { mountEdge, type HostApplication, type MountOptions } from './embed/mount-edge.ts';
export { edgeErrors } from './errors.ts';
export type { Endpoint, ForwardJob, Forwarder, ForwardLimits, ForwardOutcome } from './forward/forwarder.ts';
export { rotateIdentityKeys } from './identify/identity-key-file.ts';
export { IdentityKeys } from './identify/identity-keys.ts';
export { KEY_ALGORITHMS, SecretSigner, type KeyAlgorithm } from './identify/token-signer.ts';
export { IDENTITY_HEADER, signIdentity } from './identify/identity-token.ts';
export type { RecordedRequest } from './record/recorded-request.ts';
export { JWT_ALGORITHMS } from './identify/jwt-way.ts';
export type { SubjectOptions, WayOptions } from './identify/subject-options.ts';
export type { AnswerRules } from './answers/answer-rewriter.ts';
export { parseRate, RATE_SCOPES, type RateRule } from './limit/rate-rule.ts';
export { RATE_LIMIT_TABLE } from './limit/sql-rate-store.ts';
export type { Announcement, ForeignMark, MarkExchange, MarkFollower, SharedMark } from './markers/mark-exchange.ts';
export type { Marker, Positions, Watermarks } from './markers/watermarks.ts';
export { RouteTable, type Route } from './match/route-table.ts';
export { createAdmin, type Admin } from './observe/admin.ts';
export { ACCESS_LOG_FIELDS, type AccessLogField, type AccessLogOptions } from './observe/access-log.ts';
export { defaultLimits, type EdgeLimits, type EdgeOptions } from './options.ts';
export { AnswerComparer, type CompareLimits, type ComparerOptions } from './shadow/compare/answer-comparer.ts';
export type { Answer } from './shadow/compare/answer.ts';
export {
  DIFFERENCE_CLASSES,
  isMismatch,
  type Comparison,
  type Difference,
  type DifferenceClass,
  type IgnoredDifference,
  type Severity,
} from './shadow/compare/difference.ts';
export { Evidence, type EvidenceKind } from './shadow/compare/evidence.ts';
export { openValue, valuesKey, type SealedValue } from './shadow/keep/sealed-value.ts';
export { ValueKeeper, type KeeperOptions, type KeptDifference, type KeptValue } from './shadow/keep/value-keeper.ts';
export { problemsOfRules, wrongPaths } from './shadow/rules/check-rules.ts';
export { withoutExpired, withValues } from './shadow/run/value-life.ts';
export type { ComparisonOptions, ComparisonRule, KeptFields, Normaliser, RuleFacts } from './shadow/rules/rule.ts';
export { mergeUses, ruleStandings, type RuleStanding, type RuleUse, type RuleUses } from './shadow/rules/rule-use.ts';
export { RuleBook } from './shadow/rules/rule-book.ts';
export { judgeAsking, steadyDifferences, type Asking, type Judgement } from './shadow/verdict/judge-asking.ts';
export {
  defaultVerdictTarget,
  judgeRoute,
  type Need,
  type RouteVerdict,
  type VerdictTarget,
} from './shadow/verdict/judge-route.ts';
export { evidenceOfExcess } from './shadow/verdict/evidence-of-counts.ts';
export { isWithin, mismatchBound, samplesNeeded } from './shadow/verdict/mismatch-bound.ts';
export { mergeCounts, type FieldCounts, type RouteCounts } from './shadow/verdict/route-counts.ts';
export { RouteTally, type Sample, type TallyLimits } from './shadow/verdict/route-tally.ts';
export { LATENCY_BOUNDS_MS } from './shadow/run/latency-counts.ts';
export type { KeptSample, LedgerReport, RouteReport, SkipReason } from './shadow/run/report.ts';
export type { ShadowOrder } from './shadow/run/run.ts';
export { defaultSampling, type Sampling } from './shadow/mirror/sampling.ts';
export type { ShadowCounts, ShadowLimits } from './shadow/shadow.ts';
export { Registrant, type RegistrantOptions } from './discovery/registrant.ts';
export type { Registrations } from './discovery/registered-endpoints.ts';
export type { BreakerLimits } from './breaker/breaker.ts';
export { HostAllowList } from './targets/host-allow-list.ts';
export type { EdgeChanges } from './configuration.ts';
export {
  problemsOfTargets,
  type EndpointsOptions,
  type TargetChoice,
  type TargetOptions,
  type TargetProblem,
} from './targets/target-options.ts';
export { otherSide, type Side, type Stage, type UnitState } from './decide/unit-state.ts';
export {
  SHADOW_ACK_HEADER,
  SHADOW_ACKS,
  SHADOW_ANSWER_TYPE,
  SHADOW_HEADER,
  SHADOW_REFUSED,
  SHADOW_REWIND_HEADER,
  type EffectColumns,
  type EffectReport,
  type EffectValue,
  type OutgoingCall,
  type RewindRow,
  type RowEffect,
  type ShadowAnswer,
  type WriteShadow,
} from './shadow-writes/contract.ts';
export type {
  EffectJudge,
  EffectVerdict,
  Preparation,
  RehearsedWrite,
  TakenWrite,
  Unjudged,
} from './shadow-writes/effect-judge.ts';
export type { WriteLatch, WriteResult } from './shadow-writes/shadow-writes.ts';
