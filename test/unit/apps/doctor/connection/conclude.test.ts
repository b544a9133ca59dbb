import assert from 'node:assert/strict';
import { alertDetails } from '#lib/base/errors/alerts.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import { conclude } from '#lib/apps/doctor/connection/conclude.js';
import type { ConclusionCode } from '#lib/apps/doctor/connection/conclusion.js';
import type {
  Attempt,
  Evidence,
  MachineEvidence,
  OwnCertificate,
  SeenTls,
} from '#lib/apps/doctor/connection/evidence.js';

const LEAF = { subject: 'CN=www', issuer: 'CN=sub', fingerprint256: 'AA' };
const SUB = { subject: 'CN=sub', issuer: 'CN=root', fingerprint256: 'BB' };

const seen = (more: Partial<SeenTls> = {}, clientAuthorities: number | null = null): SeenTls => ({
  versions: {
    'TLSv1.2': { offered: true, suites: [{ name: 'TLS_X' }] },
    'TLSv1.3': { offered: false, suites: [] },
  },
  certificates: [{ chain: [LEAF, SUB], clientAuthorities }],
  unsure: [],
  ...more,
});

const BUILT = [
  { subject: 'CN=www', fingerprint256: 'AA', isSelfSigned: false },
  { subject: 'CN=sub', fingerprint256: 'BB', isSelfSigned: false },
  { subject: 'CN=root', fingerprint256: 'CC', isSelfSigned: true },
];

type Trust = NonNullable<Attempt['trust']>;

const connected = (trust: Partial<Trust> = {}, more: Partial<Attempt> = {}): Attempt => ({
  connected: { protocol: 'TLSv1.2', cipherSuite: 'TLS_X' },
  error: null,
  trust: { chainError: null, nameError: null, revocation: 'good', chain: BUILT, ...trust },
  authorities: null,
  certificate: false,
  ...more,
});

const failed = (error: Error, more: Partial<Attempt> = {}): Attempt => ({
  ...{ connected: null, error, trust: null, authorities: null, certificate: false },
  ...more,
});

const machine = (
  lacking: MachineEvidence['lacking'] = null,
  answer: 'yes' | 'no' = 'yes',
): MachineEvidence => ({
  ...{ release: 'Windows 11 23H2', wine: null, lacking },
  compared: (['version', 'suite'] as const).map((kind) => ({
    decision: {
      ...{ kind, answer, rule: 'order', text: 'It is so.', remedy: null },
      subject: kind === 'version' ? 'TLS 1.2' : 'TLS_X',
    },
    seen: true,
  })),
});

const own = (more: Partial<OwnCertificate> = {}): OwnCertificate => ({
  ...{
    subject: 'CN=anna',
    thumbprint: 'A1',
    store: 'CurrentUser\\MY',
    validTo: '',
    accepted: true,
    problems: [],
  },
  ...more,
});

const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  target: { host: 'www.example', port: 443, servername: 'www.example', starttls: null },
  ...{
    proxies: [],
    server: seen(),
    machine: machine(),
    attempt: connected(),
    certificates: null,
    absent: null,
  },
  ...more,
});

const error = (code: string, details: ConstructorParameters<typeof SchannelError>[2] = {}): SchannelError =>
  new SchannelError(code, `it is ${code}`, details);

const withAlert = (number: number): SchannelError =>
  error('ERR_SCHANNEL_PEER_ALERT', { alert: alertDetails(number, 'received') });

const system = (code: string): SchannelError =>
  error('ERR_SCHANNEL_PROBE_TARGET', { cause: Object.assign(new Error(code), { code }) });

const decision = { subject: 'TLS 1.2', text: 'The registry switches it off.', remedy: 'Switch it on.' };
const reset = error('ECONNRESET', { phase: 'handshake' });
const EXPIRED = own({
  subject: 'CN=old',
  problems: [{ code: 'EXPIRED', meaning: 'It has expired.', remedy: 'Renew it.' }],
});

type Row = readonly [
  what: string,
  given: Partial<Evidence>,
  codes: readonly ConclusionCode[],
  /** Text, meaning and remedy of the last of these. */
  words?: RegExp,
];

const GOOD = ['REACHED', 'TLS_SPOKEN', 'HANDSHAKE_DONE', 'NAME_MATCHES', 'CHAIN_TRUSTED'] as const;
const MET = ['REACHED', 'TLS_SPOKEN'] as const;
const COMMON = [...MET, 'VERSION_COMMON', 'SUITE_COMMON'] as const;
const NOT_ASKED = 'CLIENT_CERTIFICATE_NOT_ASKED';

const ROWS: readonly Row[] = [
  ['everything is well', {}, [...GOOD, 'NOT_REVOKED', NOT_ASKED]],
  [
    'an unknown name',
    { server: { error: system('ENOTFOUND') }, attempt: null },
    ['HOST_UNKNOWN'],
    /nslookup/,
  ],
  [
    'a closed port',
    { server: { error: system('ECONNREFUSED') }, attempt: null },
    ['HOST_UNREACHABLE'],
    /Nothing listens/,
  ],
  [
    'a closed port where there is a proxy',
    {
      server: { error: system('ETIMEDOUT') },
      attempt: null,
      proxies: [{ variable: 'HTTPS_PROXY', url: 'http://proxy:1' }],
    },
    ['HOST_UNREACHABLE', 'PROXY_SET'],
    /HTTPS_PROXY=http:\/\/proxy:1/,
  ],
  [
    'no TLS',
    {
      server: { error: error('ERR_SCHANNEL_PROBE_NOT_TLS', { advice: 'Add --starttls smtp.' }) },
      attempt: null,
    },
    ['NOT_TLS'],
    /--starttls smtp/,
  ],
  [
    'no STARTTLS',
    { server: { error: error('ERR_SCHANNEL_STARTTLS_UNAVAILABLE') }, attempt: null },
    ['STARTTLS_FAILED'],
    /removes the offer/,
  ],
  [
    'a server that refuses every hello',
    { server: seen({ versions: { 'TLSv1.2': { offered: false, suites: [] } } }), attempt: null },
    ['REACHED', 'TLS_REFUSED'],
    /--servername/,
  ],
  [
    'no common version',
    { attempt: failed(withAlert(70)), machine: machine({ kind: 'version', decision }) },
    [...MET, 'NO_COMMON_VERSION', NOT_ASKED],
  ],
  [
    'no common suite',
    { attempt: failed(withAlert(40)), machine: machine({ kind: 'suite', decision: null }) },
    [...MET, 'VERSION_COMMON', 'NO_COMMON_SUITE', NOT_ASKED],
  ],
  [
    'an alert that the settings do not explain',
    { attempt: failed(withAlert(40)) },
    [...COMMON, 'NO_COMMON_ALGORITHM', NOT_ASKED],
  ],
  [
    'settings that could not be read',
    { attempt: failed(error('ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM')), machine: null },
    [...MET, 'NO_COMMON_ALGORITHM', NOT_ASKED],
  ],
  [
    'a connection, whatever was computed',
    { machine: machine({ kind: 'version', decision }) },
    [...GOOD, 'NOT_REVOKED', NOT_ASKED],
  ],
  ['another alert', { attempt: failed(withAlert(80)) }, [...COMMON, 'HANDSHAKE_FAILED', NOT_ASKED]],
  [
    'a name that is not served',
    { attempt: failed(withAlert(112)) },
    [...COMMON, 'HANDSHAKE_FAILED', NOT_ASKED],
  ],
  [
    'another name in the certificate',
    { attempt: connected({ nameError: error('ERR_TLS_CERT_ALTNAME_INVALID') }) },
    ['REACHED', 'TLS_SPOKEN', 'HANDSHAKE_DONE', 'NAME_MISMATCH', 'CHAIN_TRUSTED', 'NOT_REVOKED', NOT_ASKED],
  ],
  ...(
    [
      ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CHAIN_INCOMPLETE'],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CHAIN_INCOMPLETE'],
      ['SELF_SIGNED_CERT_IN_CHAIN', 'CHAIN_UNTRUSTED'],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CHAIN_UNTRUSTED'],
      ['CERT_HAS_EXPIRED', 'CERTIFICATE_TIME'],
      ['CERT_NOT_YET_VALID', 'CERTIFICATE_TIME'],
      ['INVALID_PURPOSE', 'CERTIFICATE_REFUSED'],
    ] as const
  ).map(([code, concluded]): Row => [
    code,
    { attempt: connected({ chainError: error(code), revocation: 'not-checked' }) },
    ['REACHED', 'TLS_SPOKEN', 'HANDSHAKE_DONE', 'NAME_MATCHES', concluded, NOT_ASKED],
  ]),
  [
    'a revoked certificate',
    { attempt: connected({ chainError: error('CERT_REVOKED'), revocation: 'revoked' }) },
    [...GOOD, 'CERTIFICATE_REVOKED', NOT_ASKED],
  ],
  [
    'revocation out of reach, which is refused',
    { attempt: connected({ chainError: error('UNABLE_TO_GET_CRL'), revocation: 'unknown' }) },
    [...GOOD, 'REVOCATION_UNKNOWN', NOT_ASKED],
  ],
  [
    'revocation out of reach, which is accepted',
    { attempt: connected({ revocation: 'unknown' }) },
    [...GOOD, 'REVOCATION_UNKNOWN', NOT_ASKED],
  ],
  [
    'intermediates that Windows found elsewhere',
    { server: seen({ certificates: [{ chain: [LEAF], clientAuthorities: null }] }) },
    [...GOOD, 'INTERMEDIATES_NOT_SENT', 'NOT_REVOKED', NOT_ASKED],
  ],
  [
    'another certificate than the probe has seen',
    { server: seen({ certificates: [{ chain: [SUB], clientAuthorities: null }] }) },
    [...GOOD, 'NOT_REVOKED', NOT_ASKED],
  ],
  [
    'no Schannel',
    { attempt: null, machine: null, absent: 'this is linux' },
    [...MET, NOT_ASKED, 'SCHANNEL_ABSENT'],
    /this is linux/,
  ],
  [
    'no Schannel, and a certificate without its issuer',
    {
      ...{ attempt: null, machine: null, absent: 'this is linux' },
      server: seen({ certificates: [{ chain: [LEAF], clientAuthorities: 0 }] }),
    },
    [...MET, 'INTERMEDIATES_NOT_SENT', 'CLIENT_CERTIFICATE_OPTIONAL', 'SCHANNEL_ABSENT'],
  ],
  [
    'what the probe is not sure of',
    { server: seen({ unsure: ['TLSv1: no answer.'] }) },
    [...GOOD, 'NOT_REVOKED', NOT_ASKED, 'NOT_SURE'],
    /no answer/,
  ],

  // Certificates of clients.
  [
    'a certificate is asked for, and not needed',
    { attempt: connected({}, { authorities: [] }), certificates: [own()] },
    [...GOOD, 'NOT_REVOKED', 'CLIENT_CERTIFICATE_OPTIONAL'],
    /goes on without one.*--certificate A1/,
  ],
  ...([116, 40, 42] as const).map((number): Row => [
    `alert ${number}, and the stores are empty`,
    { server: seen({}, 0), attempt: failed(withAlert(number)), certificates: [] },
    [...MET, 'CLIENT_CERTIFICATE_NONE'],
    /stores .* are empty.*CurrentUser\\MY/,
  ]),
  [
    'a cut connection, and no certificate of the authority',
    { server: seen({}, 2), attempt: failed(reset), certificates: [own({ accepted: false })] },
    [...MET, 'CLIENT_CERTIFICATE_NONE'],
    /of one of 2 authorities.*1 of 1 certificates/,
  ],
  [
    'a certificate that has expired',
    {
      attempt: failed(reset, { authorities: ['CN=ca'] }),
      certificates: [own({ accepted: false }), EXPIRED],
    },
    [...MET, 'CLIENT_CERTIFICATE_NONE'],
    /of CN=ca\..*1 of 2 .*CN=old: It has expired\. .*Renew it/,
  ],
  [
    'one that could be sent',
    { server: seen({}, 0), attempt: failed(withAlert(116)), certificates: [EXPIRED, own()] },
    [...MET, 'CLIENT_CERTIFICATE_NOT_GIVEN'],
    /Nothing is sent unless.*CN=anna.*--certificate A1/,
  ],
  [
    'a server of TLS 1.3 that ends the connection after the handshake',
    { server: seen({}, 0), attempt: connected({}, { error: reset }), certificates: [] },
    [...GOOD, 'NOT_REVOKED', 'CLIENT_CERTIFICATE_NONE'],
  ],
  [
    'an alert of TLS 1.3 that Windows does not name, whatever was computed',
    {
      server: seen({}, 0),
      attempt: connected({}, { error: error('ERR_SCHANNEL_PEER_ILLEGAL_MESSAGE') }),
      machine: machine({ kind: 'version', decision }),
      certificates: [],
    },
    [...GOOD, 'NOT_REVOKED', 'CLIENT_CERTIFICATE_NONE'],
  ],
  [
    'a given certificate that is taken',
    { server: seen({}, 0), attempt: connected({}, { certificate: true }), certificates: [own()] },
    [...GOOD, 'NOT_REVOKED', 'CLIENT_CERTIFICATE_ACCEPTED'],
  ],
  [
    'a given certificate that is refused',
    { server: seen({}, 0), attempt: failed(withAlert(48), { certificate: true }), certificates: [own()] },
    [...MET, 'CLIENT_CERTIFICATE_REFUSED'],
    /403\.16/,
  ],
  [
    'a given certificate without its key',
    { server: seen({}, 0), attempt: failed(error('ERR_SCHANNEL_KEY_MISSING'), { certificate: true }) },
    [...MET, 'CLIENT_CERTIFICATE_UNUSABLE'],
    /KEY_MISSING/,
  ],
  [
    'no common version with a server that would ask',
    {
      server: seen({}, 0),
      attempt: failed(withAlert(40)),
      machine: machine({ kind: 'version', decision }),
      certificates: [],
    },
    [...MET, 'NO_COMMON_VERSION', 'CLIENT_CERTIFICATE_OPTIONAL'],
  ],
  [
    'something else after the handshake',
    { server: seen({}, 0), attempt: connected({}, { error: withAlert(80) }), certificates: [] },
    [
      'REACHED',
      'TLS_SPOKEN',
      'HANDSHAKE_DONE',
      'HANDSHAKE_FAILED',
      'NAME_MATCHES',
      'CHAIN_TRUSTED',
      'NOT_REVOKED',
      'CLIENT_CERTIFICATE_OPTIONAL',
    ],
  ],
];

describe('apps/doctor/connection/conclude', () => {
  for (const [what, given, codes, words] of ROWS) {
    it(`says of ${what}: ${codes.at(-1) ?? ''}`, () => {
      const conclusions = conclude(evidence(given));
      assert.deepEqual(
        conclusions.map(({ code }) => code),
        codes,
      );
      const last = conclusions.at(-1);
      if (words) assert.match([last?.text, last?.meaning, last?.remedy].join(' '), words);
    });
  }

  it('says what decides against what the server would take, and what to do', () => {
    const given = { attempt: failed(withAlert(70)), machine: machine({ kind: 'version', decision }) };
    const found = conclude(evidence(given)).find(({ verdict }) => verdict === 'fails');
    assert.match(
      found?.meaning ?? '',
      /^TLS 1\.2 is what the server would take\. The registry switches it off/,
    );
    assert.equal(found?.remedy, 'Switch it on.');
  });

  it('has a remedy for each failure', () => {
    for (const [what, given] of ROWS) {
      for (const { verdict, remedy, code } of conclude(evidence(given))) {
        if (verdict === 'fails' && !/UNTRUSTED|TIME|REFUSED|UNUSABLE/.test(code)) assert.ok(remedy, what);
      }
    }
  });
});
