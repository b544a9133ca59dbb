import { native } from '#lib/native/load.js';
import type { RevocationMode } from '#lib/windows/trust/revocation.js';
import type { RevocationResult } from '#lib/windows/trust/verify.js';
import {
  type CertificateOptions,
  type TestAuthority,
  type TestCertificate,
  daysFromNow,
  damaged,
  selfSigned,
} from '../../support/certificates.js';

/** What a peer sends and how it is judged. */
export interface Scenario {
  readonly leaf: TestCertificate;
  /** Sent behind the leaf. */
  readonly others?: readonly TestCertificate[];
  /** Anchors; null for those of the system. */
  readonly ca: readonly TestCertificate[] | null;
  /** Default 'localhost'. */
  readonly host?: string;
  /** Default 'off'. */
  readonly revocation?: RevocationMode;
  readonly allowPartialTrustChain?: boolean;
  /** Which side the peer is. Default 'server'. */
  readonly role?: 'server' | 'client';
}

/** What the verdict has to be. */
export interface Expected {
  /** Code of the error; null when the peer is authorized. */
  readonly code: string | null;
  /** Windows status by name. */
  readonly statusName?: string;
  /** Index of the certificate at fault. */
  readonly element?: number;
  readonly revocation?: RevocationResult;
}

export interface Case extends Expected {
  readonly name: string;
  readonly scenario: (pki: Pki) => Promise<Scenario>;
  /** The peer is a client, which only servers judge. */
  readonly forClients?: true;
  /** Where Wine 10 says something else: what, and why. */
  readonly wine?: Expected & { readonly because: string };
}

/** The authorities all cases share, and the addresses that answer on loopback. */
export interface Pki {
  readonly root: TestAuthority;
  readonly intermediate: TestAuthority;
  readonly stranger: TestAuthority;
  /** An intermediate that says where its own revocation can be looked up, as checks of the whole chain demand. */
  readonly checked: TestAuthority;
  /** Serves DER at an address that no earlier run has used: Windows and Wine keep what they fetched. */
  readonly publish: (content: () => Promise<Uint8Array>) => string;
  /** An address where nothing answers. */
  readonly unreachable: string;
}

/** What the verdict has to be on this system. */
export const expectedHere = ({ wine, ...row }: Case): Expected =>
  wine !== undefined && native().platform.wine !== null ? wine : row;

export function titleOf({ name, code, wine }: Case): string {
  const title = `${name}: ${code ?? 'authorized'}`;
  return wine === undefined ? title : `${title} (Wine: ${wine.code ?? 'authorized'}, ${wine.because})`;
}

const OK: Expected = { code: null };

/** A good leaf of the intermediate, but for what is said; the intermediate is sent along. */
const leaf =
  (options: CertificateOptions = {}, rest: Partial<Scenario> = {}): Case['scenario'] =>
  async ({ root, intermediate }) => ({
    leaf: await intermediate.issue(options),
    others: [intermediate.certificate],
    ca: [root.certificate],
    ...rest,
  });

const UNTRUSTED: Expected = { code: 'SELF_SIGNED_CERT_IN_CHAIN', statusName: 'CERT_E_UNTRUSTEDROOT' };
const EXPIRED: Expected = { code: 'CERT_HAS_EXPIRED', statusName: 'CERT_E_EXPIRED' };
const WRONG_NAME: Expected = { code: 'ERR_TLS_CERT_ALTNAME_INVALID', statusName: 'CERT_E_CN_NO_MATCH' };
const WRONG_USAGE: Expected = { code: 'INVALID_PURPOSE', statusName: 'CERT_E_WRONG_USAGE', element: 0 };
const LEAF_ALONE: Expected = { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', statusName: 'CERT_E_CHAINING' };
const NO_ROOT: Expected = { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', statusName: 'CERT_E_CHAINING' };

export const CASES: readonly Case[] = [
  { name: 'good', ...OK, scenario: leaf() },
  { name: 'good, RSA key', ...OK, scenario: leaf({ key: 'rsa' }) },
  {
    name: 'expired',
    ...EXPIRED,
    element: 0,
    scenario: leaf({ notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) }),
  },
  {
    name: 'not yet valid',
    code: 'CERT_NOT_YET_VALID',
    statusName: 'CERT_E_EXPIRED',
    element: 0,
    scenario: leaf({ notBefore: daysFromNow(1), notAfter: daysFromNow(9) }),
  },
  {
    name: 'expired intermediate',
    ...EXPIRED,
    element: 1,
    scenario: async ({ root }) => {
      const old = await root.authority('CN=old', { notBefore: daysFromNow(-9), notAfter: daysFromNow(-1) });
      return { leaf: await old.issue(), others: [old.certificate], ca: [root.certificate] };
    },
  },

  { name: 'wrong name', ...WRONG_NAME, scenario: leaf({ altNames: ['DNS:other.example'] }) },
  {
    name: 'wildcard, one label',
    ...OK,
    scenario: leaf({ altNames: ['DNS:*.example.test'] }, { host: 'a.example.test' }),
  },
  {
    name: 'wildcard, two labels',
    ...WRONG_NAME,
    scenario: leaf({ altNames: ['DNS:*.example.test'] }, { host: 'a.b.example.test' }),
  },
  {
    name: 'IP address in the certificate',
    ...OK,
    scenario: leaf({ altNames: ['IP:127.0.0.1'] }, { host: '127.0.0.1' }),
  },
  {
    name: 'IP address of another host',
    ...WRONG_NAME,
    scenario: leaf({ altNames: ['IP:127.0.0.2'] }, { host: '127.0.0.1' }),
  },
  {
    name: 'IP address as a DNS name',
    ...WRONG_NAME,
    scenario: leaf({ altNames: ['DNS:127.0.0.1'] }, { host: '127.0.0.1' }),
  },

  {
    name: 'self-signed',
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    statusName: 'CERT_E_UNTRUSTEDROOT',
    element: 0,
    scenario: async ({ root }) => ({ leaf: await selfSigned(), ca: [root.certificate] }),
  },
  {
    name: 'self-signed, system trust',
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    statusName: 'CERT_E_UNTRUSTEDROOT',
    element: 0,
    scenario: async () => ({ leaf: await selfSigned(), ca: null }),
  },
  {
    name: 'self-signed and trusted by itself',
    ...OK,
    scenario: async () => {
      const own = await selfSigned();
      return { leaf: own, ca: [own] };
    },
  },
  {
    name: 'untrusted root, sent along, system trust',
    ...UNTRUSTED,
    element: 2,
    scenario: async (pki) => {
      const { intermediate, root } = pki;
      return { ...(await leaf()(pki)), others: [intermediate.certificate, root.certificate], ca: null };
    },
  },
  {
    name: 'untrusted root, sent along, another one trusted',
    ...UNTRUSTED,
    element: 1,
    scenario: async ({ root, stranger }) => ({
      leaf: await stranger.issue(),
      others: [stranger.certificate],
      ca: [root.certificate],
    }),
  },
  { name: 'untrusted root, not sent', ...NO_ROOT, scenario: leaf({}, { ca: null }) },
  { name: 'missing intermediate', ...LEAF_ALONE, scenario: leaf({}, { others: [] }) },
  { name: 'empty ca', ...NO_ROOT, scenario: leaf({}, { ca: [] }) },
  {
    name: 'ca list with the right one among others',
    ...OK,
    scenario: async (pki) => ({
      ...(await leaf()(pki)),
      ca: [pki.stranger.certificate, pki.root.certificate],
    }),
  },
  {
    name: 'intermediate in the ca list beside its root',
    ...OK,
    scenario: async (pki) => ({
      ...(await leaf()(pki)),
      others: [],
      ca: [pki.intermediate.certificate, pki.root.certificate],
    }),
  },
  {
    name: 'intermediate as anchor',
    ...OK,
    scenario: async (pki) => ({
      ...(await leaf()(pki)),
      ca: [pki.intermediate.certificate],
      allowPartialTrustChain: true,
    }),
    wine: { ...NO_ROOT, because: 'Wine has no CERT_CHAIN_EXCLUSIVE_ENABLE_CA_FLAG' },
  },
  {
    name: 'intermediate as anchor without allowPartialTrustChain',
    ...NO_ROOT,
    scenario: async (pki) => ({ ...(await leaf()(pki)), ca: [pki.intermediate.certificate] }),
  },
  {
    name: 'intermediate fetched from the address in the certificate (AIA)',
    ...OK,
    scenario: async ({ root, publish }) => {
      const remote = await root.authority('CN=remote');
      const caIssuers = publish(() => Promise.resolve(remote.certificate.der));
      return { leaf: await remote.issue({ caIssuers }), ca: [root.certificate] };
    },
  },

  { name: 'client certificate of a server', ...WRONG_USAGE, scenario: leaf({ usages: ['clientAuth'] }) },
  {
    name: 'server certificate of a client',
    ...WRONG_USAGE,
    forClients: true,
    scenario: leaf({}, { role: 'client' }),
  },
  {
    name: 'client certificate of a client',
    ...OK,
    forClients: true,
    scenario: leaf({ usages: ['clientAuth'] }, { role: 'client' }),
  },
  { name: 'no usages, so any', ...OK, scenario: leaf({ usages: [] }) },
  { name: 'authority as leaf', ...OK, scenario: leaf({ authority: {} }) },
  {
    name: 'leaf as authority',
    code: 'INVALID_CA',
    statusName: 'TRUST_E_BASIC_CONSTRAINTS',
    scenario: async ({ root }) => {
      const impostor = await root.authority('CN=impostor', { authority: undefined });
      return { leaf: await impostor.issue(), others: [impostor.certificate], ca: [root.certificate] };
    },
  },
  {
    name: 'path longer than allowed',
    code: 'PATH_LENGTH_EXCEEDED',
    statusName: 'TRUST_E_BASIC_CONSTRAINTS',
    scenario: async ({ root }) => {
      const last = await root.authority('CN=last', { authority: { pathLength: 0 } });
      const below = await last.authority('CN=below');
      return {
        leaf: await below.issue(),
        others: [below.certificate, last.certificate],
        ca: [root.certificate],
      };
    },
  },
  {
    name: 'name constraints kept',
    ...OK,
    scenario: async ({ root }) => {
      const narrow = await root.authority('CN=narrow', { authority: { permitted: ['localhost'] } });
      return {
        leaf: await narrow.issue({ altNames: ['DNS:localhost'] }),
        others: [narrow.certificate],
        ca: [root.certificate],
      };
    },
  },
  {
    name: 'name constraints violated',
    code: 'CERT_REJECTED',
    statusName: 'CERT_E_INVALID_NAME',
    scenario: async ({ root }) => {
      const narrow = await root.authority('CN=narrow', { authority: { permitted: ['example.com'] } });
      return {
        leaf: await narrow.issue({ altNames: ['DNS:localhost'] }),
        others: [narrow.certificate],
        ca: [root.certificate],
      };
    },
  },
  {
    name: 'damaged signature',
    code: 'CERT_SIGNATURE_FAILURE',
    statusName: 'TRUST_E_CERT_SIGNATURE',
    scenario: async (pki) => ({ ...(await leaf()(pki)), leaf: damaged(await pki.intermediate.issue()) }),
  },

  ...(['off', 'soft', 'hard'] as const).map((mode): Case => ({
    name: `revoked, mode ${mode}`,
    ...(mode === 'off'
      ? { ...OK, revocation: 'not-checked' }
      : { code: 'CERT_REVOKED', statusName: 'CRYPT_E_REVOKED', element: 0 }),
    scenario: async ({ root, checked, publish }) => {
      const crl = publish(() => checked.crl([revoked]));
      const revoked = await checked.issue({ crl });
      return { leaf: revoked, others: [checked.certificate], ca: [root.certificate], revocation: mode };
    },
  })),
  ...(['soft', 'hard'] as const).map((mode): Case => ({
    name: `not revoked, mode ${mode}`,
    ...OK,
    revocation: 'good',
    scenario: async ({ root, checked, publish }) => ({
      leaf: await checked.issue({ crl: publish(() => checked.crl([])) }),
      others: [checked.certificate],
      ca: [root.certificate],
      revocation: mode,
    }),
  })),
  ...(['soft', 'hard'] as const).map((mode): Case => ({
    name: `revocation list unreachable, mode ${mode}`,
    ...(mode === 'soft'
      ? { ...OK, revocation: 'unknown' }
      : { code: 'UNABLE_TO_GET_CRL', statusName: 'CRYPT_E_REVOCATION_OFFLINE' }),
    scenario: async ({ root, checked, unreachable }) => ({
      leaf: await checked.issue({ crl: unreachable }),
      others: [checked.certificate],
      ca: [root.certificate],
      revocation: mode,
    }),
  })),
  {
    name: 'no address for revocation, mode hard',
    code: 'UNABLE_TO_GET_CRL',
    statusName: 'CRYPT_E_NO_REVOCATION_CHECK',
    scenario: leaf({}, { revocation: 'hard' }),
    wine: {
      code: 'UNABLE_TO_GET_CRL',
      statusName: 'CRYPT_E_REVOCATION_OFFLINE',
      because: 'Wine reports "unknown" and "offline" together',
    },
  },
  {
    name: 'revocation list in no cache, mode cache-only',
    ...OK,
    revocation: 'unknown',
    scenario: async ({ root, checked, publish }) => {
      const crl = publish(() => checked.crl([revoked]));
      const revoked = await checked.issue({ crl });
      return {
        leaf: revoked,
        others: [checked.certificate],
        ca: [root.certificate],
        revocation: 'cache-only',
      };
    },
  },
];
