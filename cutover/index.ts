export {
  Controller,
  type ControllerParts,
  type HandoverMove,
  type Intent,
  type StageMove,
  type UnitStatus,
} from './controller.ts';
export { LiveUnit, type LiveUnitOptions } from './live-unit.ts';
export { installControlSchema } from './control-schema.ts';
export { ControlStore } from './control-store.ts';
export { cutoverErrors } from './errors.ts';
export { type GateResult, type Measurements } from './gates.ts';
export { type StepReport } from './handover.ts';
export { type JournalEntry } from './journal.ts';
export { loadUnits, readPlans, type Unit } from './load-plans.ts';
export { planJsonSchema, type Plan } from './plan.ts';
export { ceilingsAt, describeStage, type Side, type Stage, type StageEvent, type StageName } from './stage.ts';
export { type Direction, type UnitRecord } from './unit-record.ts';
export {
  type EdgeGroup,
  type FenceOutcome,
  type HotCheck,
  type UnitRuntime,
  type VerifyOptions,
} from './unit-runtime.ts';
export { createControlApi, type ControlApiParts } from './control-api.ts';
export { UnitStates } from './unit-states.ts';
