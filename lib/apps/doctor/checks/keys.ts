import { verify, constants, type KeyObject } from 'node:crypto';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { openKey } from '../../../windows/key/keys.js';
import type { PrivateKey } from '../../../windows/key/private-key.js';
import type { SignOptions } from '../../../windows/key/sign-scheme.js';
import { type Check, type CheckContext, type Json, works } from '../check.js';
import { errorData } from '../failure.js';
import { ENHANCED_CSP, RSA_AES_CSP, SCHANNEL_CSP, SOFTWARE_KSP, TPM_KSP } from '../providers.js';
import { type KeySpec, ephemeralTestKey } from '../ephemeral-test-key.js';

interface KeyQuestion {
  readonly id: string;
  readonly spec: KeySpec;
}

const QUESTIONS: readonly KeyQuestion[] = [
  { id: 'cng-rsa', spec: { ...SOFTWARE_KSP, algorithm: 'rsa' } },
  { id: 'cng-ec', spec: { ...SOFTWARE_KSP, algorithm: 'ec' } },
  { id: 'cng-ec-p384', spec: { ...SOFTWARE_KSP, algorithm: 'ec', namedCurve: 'P-384' } },
  { id: 'csp-rsa', spec: { ...RSA_AES_CSP, algorithm: 'rsa' } },
  { id: 'csp-schannel-rsa', spec: { ...SCHANNEL_CSP, algorithm: 'rsa' } },
  { id: 'csp-enhanced-rsa', spec: { ...ENHANCED_CSP, algorithm: 'rsa' } },
  { id: 'tpm-rsa', spec: { ...TPM_KSP, algorithm: 'rsa' } },
  { id: 'tpm-ec', spec: { ...TPM_KSP, algorithm: 'ec' } },
];

const DATA = Buffer.from('schannel doctor');

const keyCheck = ({ id, spec }: KeyQuestion): Check => ({
  id: `keys.${id}`,
  title:
    `Does ${spec.provider} make, keep, use and delete ${spec.namedCurve ?? ''} ${spec.algorithm} keys?`.replace(
      '  ',
      ' ',
    ),
  writes: true,
  vital: false,
  async run(context) {
    const { key, undo } = await ephemeralTestKey(context, spec);
    const name = key.facts.container ?? '';
    const { api, bits, curve, hardware, removable, exportable } = key.facts;
    const { publicKey } = key;
    const signatures = await signaturesOf(key, publicKey);
    await key.close();
    const persists = await isThere(spec, name);
    const refusal = await exportOf(context, spec, false);
    const exported = await exportOf(context, spec, true);
    await undo.now();
    const deleted = !(await isThere(spec, name));
    const data = {
      facts: { api, bits, curve, hardware, removable, exportable },
      signatures,
      persists,
      exportRefused: refusal,
      exportAllowed: exported,
      deleted,
    };
    const good = persists && deleted && Object.values(signatures).some((each) => each === 'verified');
    return good ? works('Yes.', data) : { verdict: 'found', text: 'Not all of it.', data };
  },
});

const SCHEMES: Readonly<Record<'rsa' | 'ec', readonly (readonly [string, SignOptions])[]>> = {
  rsa: [
    ['sha256 pkcs1', { padding: 'pkcs1' }],
    ['sha256 pss', { padding: 'pss' }],
  ],
  ec: [['sha256 ecdsa', {}]],
};

/** The schemes that the key signs with, verified by OpenSSL. */
async function signaturesOf(key: PrivateKey, publicKey: KeyObject): Promise<Record<string, Json>> {
  const outcomes: Record<string, Json> = {};
  for (const [label, options] of SCHEMES[key.facts.algorithm === 'ec' ? 'ec' : 'rsa']) {
    const pss = options.padding === 'pss' && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_AUTO,
    };
    outcomes[label] = await key
      .sign('sha256', DATA, options)
      .then(
        (signature) => (verify('sha256', DATA, { key: publicKey, ...pss }, signature) ? 'verified' : 'wrong'),
        errorData,
      );
  }
  return outcomes;
}

async function isThere({ provider, providerType }: KeySpec, name: string): Promise<boolean> {
  try {
    const key = await openKey({ provider, providerType, name, silent: true });
    await key.close();
    return true;
  } catch (error) {
    if (error instanceof SchannelError) return false;
    throw error;
  }
}

/** Whether a key can be exported, if it was created as exportable and if not. */
async function exportOf(context: CheckContext, spec: KeySpec, exportable: boolean): Promise<Json> {
  try {
    const { key, undo } = await ephemeralTestKey(context, { ...spec, exportable });
    try {
      await key.export();
      return 'exported';
    } finally {
      await undo.now();
    }
  } catch (error) {
    return errorData(error);
  }
}

/** Keys: creating, opening by name, signing, exporting, deleting. */
export const KEY_CHECKS: readonly Check[] = QUESTIONS.map(keyCheck);
