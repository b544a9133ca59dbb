import { absent, type Check, found, type Json } from '../check.js';
import { contentOf } from '../../../windows/registry/registry-value.js';

interface Policy {
  readonly id: string;
  readonly title: string;
  readonly key: string;
  /** Values that go into the report. Everything else stays on the machine. */
  readonly values: RegExp;
}

const CHAIN_ENGINE = 'Cryptography\\OID\\EncodingType 0\\CertDllCreateCertificateChainEngine\\Config';

const POLICIES: readonly Policy[] = [
  {
    id: 'policy.schannel',
    title: 'What does the registry say about Schannel?',
    key: 'SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL',
    values:
      /^(Enabled|DisabledByDefault|EventLogging|SendTrustedIssuerList|(Client|Server)(CacheTime|MinKeyBitLength)|MaximumCacheSize|IssuerCache(Size|Time)|MessageLimit\w+|CertificateMappingMethods|EnableOcspStaplingForSni|DisableRenegoOn\w+|UseScsvForTls|AllowInsecureRenego\w+)$/i,
  },
  {
    id: 'policy.cipher-suites',
    title: 'Which cipher suites are enabled, in which order?',
    key: 'SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\SSL',
    values: /^(Functions|EccCurves)$/i,
  },
  {
    id: 'policy.cipher-suites-by-policy',
    title: 'Does a group policy set the cipher suites?',
    key: 'SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL',
    values: /^(Functions|EccCurves)$/i,
  },
  {
    id: 'policy.fips',
    title: 'Is Windows limited to algorithms of FIPS 140?',
    key: 'SYSTEM\\CurrentControlSet\\Control\\Lsa\\FipsAlgorithmPolicy',
    values: /^(Enabled|MDMEnabled)$/i,
  },
  {
    id: 'policy.protected-roots',
    title: 'May users add their own roots (bit 1: no)?',
    key: 'SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\Root\\ProtectedRoots',
    values: /^Flags$/i,
  },
  {
    id: 'policy.root-update',
    title: 'Does Windows fetch roots that it does not have?',
    key: 'SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot',
    values: /^(DisableRootAutoUpdate|EnableDisallowedCertAutoUpdate)$/i,
  },
  {
    id: 'policy.chain-engine',
    title: 'What are the rules about weak keys and signatures?',
    key: `SOFTWARE\\Microsoft\\${CHAIN_ENGINE}`,
    values: /^(Weak\w+(Flags|MinBitLength)|EnableWeakSignatureFlags|MinRsaPubKeyBitLength|Options)$/i,
  },
];

/** SCHANNEL\\Protocols\\TLS 1.2\\Server is the deepest. */
const DEPTH = 4;

const policyCheck = ({ id, title, key, values }: Policy): Check => ({
  id,
  title,
  writes: false,
  vital: false,
  async run({ registry }) {
    const keys = await registry.read(key, DEPTH);
    if (keys.length === 0) return absent('The registry has no such key: the defaults of Windows hold.');
    const data: Record<string, Json> = {};
    for (const { path, values: entries } of keys) {
      for (const value of entries) {
        const content = contentOf(value);
        if (content === null || !values.test(value.name)) continue;
        data[path === key ? value.name : `${path.slice(key.length + 1)}\\${value.name}`] = content;
      }
    }
    const count = Object.keys(data).length;
    if (count === 0) return found('Nothing is set: the defaults of Windows hold.');
    return found(`${count} values are set.`, data);
  },
});

/** Settings of the machine that change Schannel's behavior. They are only read. */
export const POLICY_CHECKS: readonly Check[] = POLICIES.map(policyCheck);
