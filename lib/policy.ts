/** What `schannel/policy` offers. */
export { decide } from './apps/decide/decide.js';
export type {
  DecidedVersion,
  DecideInput,
  Decision,
  Reason,
  Rule,
  ServerKey,
} from './apps/decide/decision.js';
export { checkPolicy, type PolicyCheck } from './apps/policy-check/check-policy.js';
export type { PolicyFinding, PolicyFindingCode, PolicySeverity } from './apps/policy-check/finding.js';
export {
  applyChange,
  type Applied,
  type ApplyOptions,
  undoChange,
  type UndoOptions,
} from './windows/policy/apply-change.js';
export type { Change, ChangeValue, TakesEffect } from './windows/policy/change.js';
export { diffPolicy, type Difference } from './windows/policy/diff-policy.js';
export type { OtherValueEntry } from './windows/policy/other-values.js';
export { planChange, type PlanOptions, type WantedPolicy } from './windows/policy/plan-change.js';
export type {
  PolicyVersion,
  SettableState,
  VersionState,
  VersionValues,
} from './windows/policy/protocol-versions.js';
export {
  readPolicy,
  type DecidedBy,
  type ListPolicy,
  type OtherValue,
  type Policy,
  type SuitePolicy,
  type VersionPolicy,
} from './windows/policy/read-policy.js';
export type { PolicyTemplate, TemplateName } from './windows/policy/templates.js';
export {
  schannelEvents,
  type SchannelEventGroup,
  type SchannelEventOptions,
} from './windows/policy/schannel-events.js';
