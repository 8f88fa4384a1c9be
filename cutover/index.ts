export { publicPartOf, signApproval, type Approval } from './approvals/approval.ts';
export { approvedSteps, type ApprovedStep } from './approvals/approval-plan.ts';
export { type ApprovalRequest } from './approvals/approvals.ts';
export { digestOf } from './configuration/configuration-file.ts';
export { Controller, type ControllerParts, type UnitStatus } from './controller.ts';
export { CallerStore, type UnseenWrite } from './callers/caller-store.ts';
export { registerCallerMetrics } from './callers/caller-metrics.ts';
export { CallerWatch, type UnseenCallers } from './callers/caller-watch.ts';
export { type Intent } from './unit/intent.ts';
export { LiveUnit, type LiveUnitOptions } from './live/live-unit.ts';
export type { SourceRequest } from './live/unit-stream.ts';
export { installControlSchema } from './control/control-schema.ts';
export { FrontApi } from './leader/front-api.ts';
export { LeaderLease } from './leader/leader-lease.ts';
export { registerLeaderMetrics } from './leader/leader-metrics.ts';
export { LEADER_LEASE_MS, Leadership, type LeaderStanding, type Reign } from './leader/leadership.ts';
export { describeSeat, isGone, type Seat } from './leader/seat.ts';
export { termHeader } from './leader/term-guard.ts';
export { ControlStore } from './control/control-store.ts';
export { type RunEnd, type RunRecord } from './shadow/run-record.ts';
export { durationText, limitText, whyOf, whyOfWrite, type RunStanding } from './shadow/run-standing.ts';
export { planWithRule } from './shadow/add-rule.ts';
export { rejudge, type Rejudged } from './shadow/rejudge.ts';
export { RunStore } from './shadow/run-store.ts';
export { judgeRun } from './shadow/run-verdict.ts';
export { type WireReport } from './shadow/run-api.ts';
export { ShadowRuns, type ShadowRunsParts } from './shadow/shadow-runs.ts';
export { localJudge, remoteJudge } from './effects/effect-judges.ts';
export type { EffectLedger } from './effects/effect-ledger.ts';
export type { RouteEffects } from './effects/effect-tally.ts';
export type { EffectFinding, EffectKind } from './effects/finding.ts';
export type { WriteVerdict } from './shadow/write-verdict.ts';
export { cutoverErrors } from './errors.ts';
export { type GateResult, type Measurements } from './judgement/gates.ts';
export { type ParkedAnswer } from './unit/parked.ts';
export { type StepReport } from './handover/handover.ts';
export { ChainCheck, hashOf, type ChainVerdict } from './journal/chain.ts';
export { type JournalEnd, type JournalEntry } from './journal/journal-entry.ts';
export { loadMappings, loadUnits, type Unit } from './plan/load-plans.ts';
export { parseDeclaration, readDeclaration, type Declaration, type DeclaredUnit } from './configuration/declaration.ts';
export { Configurations, type Reload } from './configuration/configurations.ts';
export type { ConfigurationOrder, EdgeConfigured } from './configuration/configuration-order.ts';
export { restartsNeeded } from './configuration/restart-rules.ts';
export { edgeFileJsonSchema, type EdgeFile } from './configuration/edge-file.ts';
export { planJsonSchema, type Plan } from './plan/plan.ts';
export { readSubjects } from './plan/load-subjects.ts';
export { subjectsJsonSchema, type Subjects } from './plan/subjects.ts';
export { ceilingsAt, describeStage, type Side, type Stage, type StageEvent, type StageName } from './stage.ts';
export { servedKeys, type Direction, type UnitRecord } from './unit/unit-record.ts';
export { type CohortMembers } from './handover/cohort-handover.ts';
export type { HandoverMove } from './handover/gated-handover.ts';
export type { StageMove } from './unit/stage-moves.ts';
export {
  type EdgeGroup,
  type EdgeStanding,
  type EdgeWaits,
  type FenceOutcome,
  type HotCheck,
  type StreamDirection,
  type UnitCounts,
  type UnitRuntime,
  type VerifyOptions,
  type VerifyProgress,
  type VerifyRequest,
  type UnitVerification,
} from './unit/unit-runtime.ts';
export { createControlApi, type ControlApiParts } from './control/control-api.ts';
export { type Mount } from './remote/http-api.ts';
export { UnitStates } from './unit/unit-states.ts';
export { watermarksOf, type MarkedUnit, type UnitMarks } from './unit/unit-marks.ts';
export { registerStreamMetrics, type MeasuredUnit } from './unit/stream-metrics.ts';
export { EdgeHub } from './edges/edge-hub.ts';
export { EdgeLink, type EdgeIdentity, type LinkedEdge } from './edges/edge-link.ts';
export { EdgeRegistry } from './edges/edge-registry.ts';
export { edgeConnector } from './edges/edge-transport.ts';
export { probe } from './edges/probe.ts';
export { registerUnitMetrics } from './unit/unit-metrics.ts';
export { createSyncApi, type SyncUnit } from './remote/sync-api.ts';
export { createEndpointApi } from './endpoints/endpoint-api.ts';
export { EndpointDirectory } from './endpoints/endpoint-directory.ts';
export { EndpointRegistry } from './endpoints/endpoint-registry.ts';
export { RemoteEndpoints } from './endpoints/remote-endpoints.ts';
export { RemoteMarks } from './remote/remote-marks.ts';
export { RemoteUnit } from './remote/remote-unit.ts';
export { RemoteUnitStates, stagesFile, type StagesKeeper } from './remote/remote-unit-states.ts';
export { findMappingLines, type MappingLine } from './plan/mapping-lines.ts';
export type { CallersLeft, Left, Tally } from './progress/left.ts';
export type { NextStep } from './progress/next-step.ts';
export type { Progress, UnitProgress } from './progress/progress.ts';
export { ProgressView } from './progress/progress-view.ts';
export type { Standstill } from './unit/stall.ts';
export { streamName } from './live/stream-name.ts';
export { deliveryOf, type Delivery } from './kpi/delivery.ts';
export { samplesOf } from './kpi/metric-samples.ts';
export { routeFigures, type RouteFigures } from './kpi/route-figures.ts';
export { EdgeTraffic, OwnTraffic } from './judgement/edge-traffic.ts';
export { TrafficWatch, type TrafficSource } from './judgement/traffic-watch.ts';
export { Brownouts, brownoutVerbs, type BrownoutVerb, type BrownoutView } from './retirement/brownouts.ts';
export { LegacyUseStore } from './retirement/legacy-use.ts';
export { LegacyUseWatch } from './retirement/legacy-use-watch.ts';
export type { RetirementMove } from './retirement/retirements.ts';
export { Ramps, rampVerbs, type RampVerb, type RampView } from './ramp/ramps.ts';
export type { RehearsedStep, RehearsalReport } from './rehearsal/rehearsal-report.ts';
export { rehearsalMarkdown } from './rehearsal/rehearsal-report.ts';
