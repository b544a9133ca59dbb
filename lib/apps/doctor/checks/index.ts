import type { Check } from '../check.js';
import { ACCOUNT_CHECKS } from './account.js';
import { FILE_CHECKS } from './files.js';
import { INTERMEDIATE_CHECKS } from './intermediates.js';
import { KEY_CHECKS } from './keys.js';
import { LOOP_BACK_CHECKS } from './loop-back.js';
import { MACHINE_KEY_CHECKS } from './machine-keys.js';
import { OWN_STORE_CHECKS } from './own-store.js';
import { POLICY_CHECKS } from './policy.js';
import { PROTOCOL_CHECKS } from './protocols.js';
import { PROVIDER_CHECKS } from './providers.js';
import { QUESTION_CHECKS } from './questions.js';
import { REQUEST_CHECKS } from './requests.js';
import { SERVER_CHECKS } from './server-loop-back.js';
import { STORE_CHECKS } from './stores.js';
import { SYSTEM_CHECKS } from './system.js';

/** All checks, in this order. */
export const CHECKS: readonly Check[] = [
  ...SYSTEM_CHECKS,
  ...ACCOUNT_CHECKS,
  ...PROTOCOL_CHECKS,
  ...POLICY_CHECKS,
  ...STORE_CHECKS,
  ...REQUEST_CHECKS,
  ...PROVIDER_CHECKS,
  ...KEY_CHECKS,
  ...MACHINE_KEY_CHECKS,
  ...OWN_STORE_CHECKS,
  ...FILE_CHECKS,
  ...LOOP_BACK_CHECKS,
  ...SERVER_CHECKS,
  ...INTERMEDIATE_CHECKS,
  ...QUESTION_CHECKS,
];
