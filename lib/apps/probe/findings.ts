import { rsaBits } from './profiles.js';
import { behaviourFindings } from './behaviour-findings.js';
import { finding, type Finding, type Severity } from './finding.js';
import type { CertificateReport, ProbeReport, SuiteReport } from './report.js';
import { stapleFindings } from './staple-findings.js';
import { CIPHER_SUITES } from '../../formats/tls-wire/suites.js';
import type { TlsVersionName } from '../../formats/tls-wire/versions.js';

export type { Finding, Severity } from './finding.js';

type Found = Omit<ProbeReport, 'findings' | 'grades'>;

const SEVERITIES: readonly Severity[] = ['note', 'weak', 'insecure'];

/** Whether one is as severe as the other, or more. */
export const isAtLeast = (severity: Severity, least: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);

/** All findings of a report, the most severe first. @param now milliseconds since 1970 */
export function findingsOf(report: Found, now: number): readonly Finding[] {
  const findings = [
    ...versionFindings(report),
    ...suiteFindings(report),
    ...keyExchangeFindings(report),
    ...report.certificates.flatMap((certificate) => certificateFindings(certificate, now)),
    ...report.certificates.flatMap((certificate) => stapleFindings(certificate, now)),
    ...featureFindings(report),
    ...behaviourFindings(report),
  ];
  return findings.sort((one, other) => SEVERITIES.indexOf(other.severity) - SEVERITIES.indexOf(one.severity));
}

/** What Windows' registry calls the versions that should be off. */
const OLD: readonly (readonly [TlsVersionName, code: string, Severity, name: string, why: string])[] = [
  ['SSLv2', 'ssl-2', 'insecure', 'SSL 2.0', 'It was broken in 1995 and is forbidden by RFC 6176.'],
  ['SSLv3', 'ssl-3', 'insecure', 'SSL 3.0', 'It was broken in 2014 (POODLE) and is forbidden by RFC 7568.'],
  ['TLSv1', 'tls-1.0', 'weak', 'TLS 1.0', 'It was withdrawn by RFC 8996.'],
  ['TLSv1.1', 'tls-1.1', 'weak', 'TLS 1.1', 'It was withdrawn by RFC 8996.'],
];

function versionFindings({ versions }: Found): Finding[] {
  const old = OLD.filter(([version]) => versions[version].offered === true).map(
    ([, code, severity, name, why]) =>
      finding(
        code,
        severity,
        `The server speaks ${name}. ${why}`,
        `Disable it on the server; on Windows set Enabled=0 in SCHANNEL\\Protocols\\${name}\\Server.`,
      ),
  );
  const isOld = versions['TLSv1.3'].offered === false && versions['TLSv1.2'].offered !== null;
  return isOld
    ? [
        ...old,
        finding(
          'no-tls-1.3',
          'note',
          'The server does not speak TLS 1.3.',
          'Enable it; Windows has it from Windows 11 and Server 2022 on.',
        ),
      ]
    : old;
}

const listed = (suites: readonly SuiteReport[]): string => {
  const names = suites.slice(0, 4).map(({ name }) => name);
  return `${names.join(', ')}${suites.length > 4 ? ` and ${suites.length - 4} more` : ''}`;
};

const REMOVE_SUITES =
  'Remove them from the list of suites; on Windows by Disable-TlsCipherSuite or the group policy "SSL Cipher Suite Order".';

function suiteFindings({ versions }: Found): Finding[] {
  const all = new Map(
    Object.values(versions).flatMap(({ suites }) => suites.map((suite) => [suite.id, suite] as const)),
  );
  const suites = [...all.values()];
  const by = (strength: SuiteReport['strength']): SuiteReport[] =>
    suites.filter((suite) => suite.strength === strength);
  const insecure = by('insecure');
  const weak = by('weak');
  const withoutSecrecy = suites.filter(
    ({ id, strength }) =>
      strength === 'legacy' && /^(RSA|DH|ECDH|PSK|RSA_PSK)$/.test(CIPHER_SUITES.get(id)?.keyExchange ?? ''),
  );
  const cbc = suites.filter(({ name, strength }) => strength === 'legacy' && name.includes('_CBC_'));
  return [
    ...(insecure.length === 0
      ? []
      : [
          finding(
            'insecure-suites',
            'insecure',
            `${insecure.length} suites without encryption, without authentication or with broken ciphers: ${listed(insecure)}.`,
            REMOVE_SUITES,
          ),
        ]),
    ...(weak.length === 0
      ? []
      : [
          finding(
            'weak-suites',
            'weak',
            `${weak.length} suites with RC4, ciphers of 64-bit blocks or MD5: ${listed(weak)}.`,
            REMOVE_SUITES,
          ),
        ]),
    ...(withoutSecrecy.length === 0
      ? []
      : [
          finding(
            'no-forward-secrecy',
            'weak',
            `${withoutSecrecy.length} suites without forward secrecy: with the server's key, what was recorded can be read later. ${listed(withoutSecrecy)}.`,
            REMOVE_SUITES,
          ),
        ]),
    ...(cbc.length === 0
      ? []
      : [
          finding(
            'cbc-suites',
            'note',
            `${cbc.length} suites of CBC mode, which is hard to implement without leaks: ${listed(cbc)}.`,
            'Remove them as soon as no client needs them.',
          ),
        ]),
  ];
}

function keyExchangeFindings({ groups, versions }: Found): Finding[] {
  const { dhBits } = groups;
  const dh =
    dhBits !== null && dhBits < 2048
      ? [
          finding(
            'dh-size',
            dhBits < 1024 ? 'insecure' : 'weak',
            `The prime of DHE has ${dhBits} bits.`,
            'Use at least 2048 bits, or only ECDHE. Windows has ServerMinKeyBitLength in KeyExchangeAlgorithms\\Diffie-Hellman.',
          ),
        ]
      : [];
  const new13 = groups['TLSv1.3'];
  const lacksPostQuantum =
    versions['TLSv1.3'].offered === true &&
    new13 !== null &&
    !new13.some((group) => /ML?KEM|Kyber/.test(group));
  return lacksPostQuantum
    ? [
        ...dh,
        finding(
          'no-post-quantum',
          'note',
          'No group resists quantum computers: what is recorded today may be read one day.',
          'Enable X25519MLKEM768 when the server has it; Windows has it from Windows 11 24H2 on (group policy "ECC Curve Order").',
        ),
      ]
    : dh;
}

const DAY = 86_400_000;
/** When a renewal should have been made. */
const SOON = 14 * DAY;

function certificateFindings({ version, key, chain, isOrdered }: CertificateReport, now: number): Finding[] {
  const [leaf] = chain;
  const where = `The certificate in ${version}${key === null ? '' : ` (${key})`}`;
  const from = Date.parse(leaf?.validFrom ?? '');
  const to = Date.parse(leaf?.validTo ?? '');
  const bits = key === null ? null : rsaBits(key);
  const findings: Finding[] = [];
  if (to < now)
    findings.push(
      finding(
        'certificate-expired',
        'insecure',
        `${where} expired on ${new Date(to).toISOString().slice(0, 10)}.`,
        'Renew it.',
      ),
    );
  else if (to - now < SOON && to - from > SOON)
    findings.push(
      finding(
        'certificate-expiring',
        'note',
        `${where} expires on ${new Date(to).toISOString().slice(0, 10)}.`,
        'Renew it.',
      ),
    );
  if (from > now)
    findings.push(
      finding('certificate-not-yet-valid', 'insecure', `${where} is not valid yet.`, 'Check the clocks.'),
    );
  if (bits !== null && bits < 2048)
    findings.push(
      finding(
        'certificate-key',
        'weak',
        `${where} has a key of ${bits} bits.`,
        'Use RSA 2048 or more, or EC P-256.',
      ),
    );
  if (!isOrdered)
    findings.push(
      finding(
        'chain-order',
        'note',
        `${where} comes with others that are not in the order of the chain.`,
        'Send each certificate right before that of its issuer.',
      ),
    );
  return findings;
}

function featureFindings({ features, versions }: Found): Finding[] {
  const findings: Finding[] = [];
  if (features.secureRenegotiation === false)
    findings.push(
      finding(
        'no-secure-renegotiation',
        'weak',
        'The server has no secure renegotiation (RFC 5746).',
        'Update the server. On Windows do not set AllowInsecureRenegoClients.',
      ),
    );
  if (features.compression === true)
    findings.push(
      finding(
        'compression',
        'weak',
        'The server compresses, which betrays what is encrypted (CRIME).',
        'Disable TLS compression.',
      ),
    );
  if (features.heartbeat === true)
    findings.push(
      finding(
        'heartbeat',
        'note',
        'The server has heartbeats, where Heartbleed was. This probe does not test for it.',
        'Check the version of its OpenSSL, or disable heartbeats.',
      ),
    );
  if (features.extendedMasterSecret === false)
    findings.push(
      finding(
        'no-extended-master-secret',
        'note',
        'The server has no extended master secret (RFC 7627).',
        'Update the server.',
      ),
    );
  const old = (['SSLv3', 'TLSv1', 'TLSv1.1'] as const).some((version) => versions[version].offered === true);
  if (features.fallbackScsv === false && old)
    findings.push(
      finding(
        'no-fallback-scsv',
        'note',
        'The server lets clients fall back to an older version without need (RFC 7507 is missing).',
        'Disable the older versions.',
      ),
    );
  return findings;
}
