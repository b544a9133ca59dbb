/** What `schannel/binding` offers. */
export {
  extendedParameters,
  listBindings,
  moveBindings,
  readBinding,
  removeBinding,
  replaceCertificate,
  setBinding,
  type BindingChange,
  type BindingChangeOptions,
  type BindingQuery,
  type BindingSettings,
  type MovedBindings,
} from './apps/binding/bindings.js';
export {
  checkBinding,
  type BindingFinding,
  type BindingFindingCode,
  type BindingReport,
} from './apps/binding/check.js';
export { bindingListeners } from './apps/binding/listeners.js';
export type { PortListener } from './windows/port/port-owner.js';
export type { ExtendedParameter } from './windows/binding/extended.js';
export type { Binding, BindingRevocation } from './windows/binding/binding.js';
export type { BindingKey, BindingKind } from './windows/binding/key.js';
