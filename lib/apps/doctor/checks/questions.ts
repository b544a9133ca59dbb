import type { NativeTrust, NativeVerifyOutcome } from '../../../native/binding.js';
import { callNative, failureOf } from '../../../native/promises.js';
import { trustFaults } from '../../../windows/trust/trust-faults.js';
import { openStore } from '../../../windows/store/store.js';
import { makeIdentity, type MadeIdentity } from '../certificates.js';
import { absent, type Check, type CheckContext, type Finding, found, notTried } from '../check.js';
import { errorData } from '../failure.js';

/** A chain engine that trusts only one certificate. */
async function trustIn(
  { native, cleanup }: CheckContext,
  anchor: MadeIdentity,
  partialChain: boolean,
): Promise<NativeTrust> {
  const trust = await callNative<NativeTrust>({ phase: 'store' }, (callback) => {
    native.createTrust({ certificates: [anchor.der], partialChain }, callback);
  });
  cleanup.add('a chain engine', () => {
    trust.close();
  });
  return trust;
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
/** CERT_CHAIN_DISABLE_AIA and CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL: nothing leaves this machine. */
const OFFLINE = 0x2000 | 0x4;

/** The names of the faults that the chain engine reports. */
async function faultsOf(
  { native }: CheckContext,
  certificates: readonly Uint8Array[],
  trust: NativeTrust,
): Promise<readonly string[]> {
  const outcome = await new Promise<NativeVerifyOutcome>((resolve) => {
    native.verifyChain(
      {
        session: null,
        certificates,
        trust,
        usage: SERVER_AUTH,
        role: 'server',
        chainFlags: OFFLINE,
        policyFlags: 0,
        urlTimeout: 1000,
      },
      resolve,
    );
  });
  if (outcome.status !== 0) throw failureOf({ phase: 'store' }, outcome);
  return trustFaults(outcome.errorStatus).map(({ name }) => name);
}

const disallowed: Check = {
  id: 'question.3.disallowed-under-exclusive-root',
  title: 'Does the store Disallowed count when a custom CA list is used (hExclusiveRoot)?',
  writes: true,
  vital: false,
  async run(context) {
    const root = makeIdentity('ec', { isAuthority: true });
    const leaf = makeIdentity('ec', { issuer: root });
    const trust = await trustIn(context, root, false);
    const before = await faultsOf(context, [leaf.der], trust);
    const store = await openStore('CurrentUser\\Disallowed');
    context.cleanup.add('a handle', () => {
      store.close();
    });
    const remove = context.cleanup.add('a certificate in CurrentUser\\Disallowed', async () => {
      const [entry] = await store.find({ where: ({ raw }) => raw.equals(leaf.der) });
      if (entry !== undefined) await store.remove(entry);
    });
    await store.add(leaf.der);
    // Chain engines cache the stores; a new one reads them again.
    const after = await faultsOf(context, [leaf.der], await trustIn(context, root, false));
    await remove.now();
    const data = { before: [...before], after: [...after] };
    return after.includes('IS_EXPLICIT_DISTRUST') ? found('Yes.', data) : found('No.', data);
  },
};

const expiredAnchor: Check = {
  id: 'question.3.expired-anchor',
  title: 'May an authority that is trusted by itself (EXCLUSIVE_ENABLE_CA) have expired?',
  writes: false,
  vital: false,
  async run(context) {
    const root = makeIdentity('ec', { isAuthority: true });
    const middle = makeIdentity('ec', { issuer: root, isAuthority: true, days: -1 });
    const leaf = makeIdentity('ec', { issuer: middle });
    try {
      const faults = await faultsOf(context, [leaf.der, middle.der], await trustIn(context, middle, true));
      const data = { faults: [...faults] };
      if (faults.includes('IS_PARTIAL_CHAIN')) return absent('This Windows has no such anchors.', data);
      if (faults.includes('IS_NOT_TIME_VALID')) return found('No: the chain has expired.', data);
      return found(faults.length === 0 ? 'Yes.' : 'The chain is refused for another reason.', data);
    } catch (error) {
      return absent('This Windows has no such anchors.', errorData(error));
    }
  },
};

const KEY_IDENTIFIER = 20;

const keyIdentifier: Check = {
  id: 'question.7.key-identifier',
  title: 'Does Windows give a key identifier to a certificate that has none?',
  writes: false,
  vital: false,
  run({ native }): Promise<Finding> {
    const certificate = native.createCertificate(makeIdentity('ec', { keyIdentifier: false }).der);
    try {
      const value = certificate.property(KEY_IDENTIFIER);
      return Promise.resolve(
        value === null ? found('No.') : found(`Yes, ${value.length} octets.`, { length: value.length }),
      );
    } catch (error) {
      return Promise.resolve(found('No: it fails.', errorData(error)));
    } finally {
      certificate.close();
    }
  },
};

const unanswered = (id: string, title: string, reason: string): Check => ({
  id,
  title,
  writes: false,
  vital: false,
  run: () => Promise.resolve(notTried(reason)),
});

/**
 * Questions about Windows that its documentation does not answer; docs/windows-proof.md lists them by the same
 * numbers.
 */
export const QUESTION_CHECKS: readonly Check[] = [
  unanswered(
    'question.2.named-no-persist',
    'What do PKCS12_NAMED_NO_PERSIST_KEY keys and the names of containers do with Schannel?',
    'The library reads PFX files itself and chooses the names of keys; it never calls PFXImportCertStore.',
  ),
  disallowed,
  expiredAnchor,
  unanswered(
    'question.4.request-entry',
    'Do certreq and IIS accept an entry in the store REQUEST that others wrote?',
    'It takes certreq -accept or IIS with an authority that answers the request.',
  ),
  unanswered(
    'question.5.pfx-flags',
    'From which Windows on are PKCS12_IMPORT_SILENT and ONLY_CERTIFICATES known, and PBMAC1 files read?',
    'The library reads PFX files itself; it never calls PFXImportCertStore.',
  ),
  unanswered(
    'question.6.find-key-prov-info',
    'Does CryptFindCertificateKeyProvInfo find CNG keys with flags 0?',
    'The library does not search all containers for a key; it may make a smart card ask for its PIN.',
  ),
  keyIdentifier,
  unanswered(
    'question.8.root-removal-prompt',
    'Does Windows ask before a root leaves CurrentUser\\Root, also for SYSTEM?',
    'It would put a root into the store that all programs of this user trust, and show a dialog.',
  ),
];
