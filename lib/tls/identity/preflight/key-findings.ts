import { randomBytes, verify, constants, type KeyObject } from 'node:crypto';

import { SchannelError } from '../../../base/errors/schannel-error.js';
import type { KeyFacts } from '../../../windows/key/facts.js';
import type { SignOptions } from '../../../windows/key/sign-scheme.js';
import { error, warning, type Finding } from './finding.js';

/** What the checks need of a private key. */
export interface TriedKey {
  readonly facts: Pick<KeyFacts, 'api' | 'algorithm' | 'curve' | 'provider'>;
  sign(algorithm: string, data: Uint8Array, options?: SignOptions): Promise<Uint8Array>;
}

/** Opens the key of a certificate for the checks, and closes it. */
export interface KeyAccess {
  /** The certificate has the location of a key. */
  readonly isLinked: boolean;
  /** @throws SchannelError for a kind that OpenSSL does not know */
  readonly publicKey: KeyObject;
  /** @throws SchannelError ERR_SCHANNEL_KEY_… */
  withKey<Result>(use: (key: TriedKey) => Promise<Result>): Promise<Result>;
}

/** Problems of the private key: it must exist, belong to the certificate, and sign. */
export async function keyFindings(access: KeyAccess): Promise<Finding[]> {
  try {
    return await access.withKey(async (key) => [
      ...providerFindings(key),
      ...(await trialFindings(key, access.publicKey)),
    ]);
  } catch (cause) {
    return [refusal(cause, access.isLinked)];
  }
}

function providerFindings({ facts: { api, algorithm } }: TriedKey): Finding[] {
  if (api !== 'capi' || algorithm !== 'rsa') return [];
  // dotnet/runtime#68009: a bug in Schannel of some builds, fixed later.
  return [
    warning(
      'KEY_IN_CSP',
      'The key is in a provider of the old kind (CSP). With it, TLS 1.3 fails on some builds of Windows.',
      'Import it again into a key storage provider (CNG), or set maxVersion to TLSv1.2.',
    ),
  ];
}

/** Signs as a handshake does: TLS 1.2 uses PKCS #1 v1.5, TLS 1.3 only PSS (RFC 8446 §4.2.3). */
async function trialFindings(key: TriedKey, publicKey: KeyObject): Promise<Finding[]> {
  const { api, algorithm, curve } = key.facts;
  if (algorithm !== 'rsa') return trial(key, publicKey, curve === 'P-521' ? 'sha512' : 'sha256', {});
  const findings = await trial(key, publicKey, 'sha256', { padding: 'pkcs1' });
  if (findings.length > 0 || api === 'capi') return findings;
  const pss = await trial(key, publicKey, 'sha256', { padding: 'pss' });
  return pss.length === 0 ? [] : [noPss(key.facts.provider)];
}

async function trial(
  key: TriedKey,
  publicKey: KeyObject,
  digest: string,
  options: SignOptions,
): Promise<Finding[]> {
  const data = randomBytes(32);
  let signature: Uint8Array;
  try {
    signature = await key.sign(digest, data, options);
  } catch (cause) {
    const finding = refusal(cause, true);
    return finding.code === 'KEY_UNUSABLE' ? [doesNotSign(messageOf(cause))] : [finding];
  }
  const verifier =
    options.padding === 'pss'
      ? {
          key: publicKey,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_AUTO,
        }
      : publicKey;
  return verify(digest, data, verifier, signature) ? [] : [doesNotSign('its signature is wrong')];
}

const doesNotSign = (why: string): Finding =>
  error(
    'KEY_SIGNATURE',
    `The private key does not sign: ${why}.`,
    'Try it with "certutil -store -v My"; import certificate and key again.',
  );

const noPss = (provider: string | null): Finding =>
  warning(
    'KEY_NO_PSS',
    `The provider of the key (${provider ?? 'unknown'}) does not sign with RSA-PSS as TLS needs it.`,
    'Use a key on the curve P-256, or update the firmware of the TPM. With maxVersion TLSv1.2, only peers that do not offer RSA-PSS accept it, unless RSAE-PSS is removed from the signature algorithms of Windows.',
  );

/** What a failure to open or use the key means. */
function refusal(cause: unknown, isLinked: boolean): Finding {
  switch (cause instanceof SchannelError ? cause.code : '') {
    case 'ERR_SCHANNEL_KEY_MISSING':
      return isLinked ? notFound() : missing();
    case 'ERR_SCHANNEL_KEY_NOT_FOUND':
      return notFound();
    case 'ERR_SCHANNEL_KEY_ACCESS_DENIED':
      return error(
        'KEY_ACCESS_DENIED',
        'This account may not use the private key.',
        'As an administrator: "schannel cert grant <certificate> --to <account>", or certlm.msc, All Tasks, Manage Private Keys.',
      );
    case 'ERR_SCHANNEL_KEY_MISMATCH':
      return error(
        'KEY_MISMATCH',
        'The private key that the certificate names belongs to another certificate.',
        'Import the certificate again with its key.',
      );
    case 'ERR_SCHANNEL_KEY_DIALOG':
      return warning(
        'KEY_NEEDS_DIALOG',
        'The private key asks for a PIN or for consent. It fails if no one can answer.',
        'Use it in a session with a desktop. For a service, use a key without protection.',
      );
    default:
      return error(
        'KEY_UNUSABLE',
        `The private key cannot be used: ${messageOf(cause)}.`,
        'Check that its provider, card or TPM is available.',
      );
  }
}

const missing = (): Finding =>
  error(
    'KEY_MISSING',
    'The certificate has no private key.',
    'Import the PFX rather than the certificate; "schannel cert repair" restores a lost link.',
  );

const notFound = (): Finding =>
  error(
    'KEY_NOT_FOUND',
    'The private key is not at its location, or this account cannot see it.',
    'Import the PFX again, as the account that uses it.',
  );

const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
