import { SCHANNEL_KEY } from '../../windows/policy/keys.js';
import { finding, type PolicyFinding, setCommand } from './finding.js';
import { deleteCommand } from './finding.js';
import type { Authority, CheckedMachine } from './machine.js';

/** What is to know about client certificates: the authorities that servers trust and name. */
export const clientFindings = (machine: CheckedMachine): PolicyFinding[] => [
  ...notSelfSigned(machine.roots ?? []),
  ...issuerList(machine),
  ...trustMode(machine),
  ...(machine.roots === null
    ? [
        finding(
          'note',
          'STORE_UNREAD',
          'The roots of the machine could not be read, so they were not checked.',
          { cause: 'LocalMachine\\Root' },
        ),
      ]
    : []),
];

/**
 * Microsoft's KB2795828: then Schannel's list of authorities is wrong, and servers refuse client certificates (IIS:
 * 403.16).
 */
const notSelfSigned = (roots: readonly Authority[]): PolicyFinding[] =>
  roots
    .filter(({ selfIssued }) => !selfIssued)
    .map(({ subject, thumbprint }) =>
      finding(
        'warning',
        'ROOT_NOT_SELF_SIGNED',
        `${subject === '' ? thumbprint : subject} is among the trusted roots, but another authority has issued it. Servers then refuse client certificates (IIS: 403.16).`,
        {
          cause: `LocalMachine\\Root\\${thumbprint}`,
          remedy:
            'If it is an intermediate authority, import it into LocalMachine\\CA. Then remove it from the roots.',
          command: `schannel cert rm ${thumbprint} --store LocalMachine\\Root`,
        },
      ),
    );

/** Schannel sends at most 16 KB of names, and logs event 36885 for the rest. */
const MOST_BYTES = 0x4000;

/** Bytes of the names in a CertificateRequest (RFC 5246 §7.4.4): each has two bytes of length before it. */
export const issuerListLength = (authorities: readonly Authority[]): number =>
  authorities.reduce((sum, { nameLength }) => sum + 2 + nameLength, 0);

function issuerList({ policy, roots, clientIssuers }: CheckedMachine): PolicyFinding[] {
  const sends = policy.others.find(({ name }) => name === 'SendTrustedIssuerList')?.value ?? 0;
  if (sends === 0) return [];
  // The names come from ClientAuthIssuer if it has any, else from the trusted roots.
  const isOwn = clientIssuers !== null && clientIssuers.length > 0;
  const from = isOwn ? clientIssuers : (roots ?? []);
  const length = issuerListLength(from);
  if (length <= MOST_BYTES) return [];
  const store = isOwn ? 'LocalMachine\\ClientAuthIssuer' : 'LocalMachine\\Root';
  return [
    finding(
      'error',
      'ISSUER_LIST_TOO_LONG',
      `Servers send the names of ${from.length} authorities of ${store}, ${length} bytes. Windows cuts them off at ${MOST_BYTES} (event 36885), so that clients do not find their certificates.`,
      {
        cause: `HKLM\\${SCHANNEL_KEY}\\SendTrustedIssuerList`,
        remedy: isOwn
          ? 'Remove authorities, or send no names:'
          : 'Put the authorities of your clients into LocalMachine\\ClientAuthIssuer, or send no names:',
        command: deleteCommand(SCHANNEL_KEY, 'SendTrustedIssuerList'),
      },
    ),
  ];
}

function trustMode({ policy: { clientAuthTrust: mode } }: CheckedMachine): PolicyFinding[] {
  if (mode === null || mode <= 2) return [];
  return [
    finding(
      'warning',
      'TRUST_MODE_UNKNOWN',
      `ClientAuthTrustMode is ${mode}: only 0, 1 and 2 have a meaning.`,
      {
        cause: `HKLM\\${SCHANNEL_KEY}\\ClientAuthTrustMode`,
        command: setCommand('client-auth-trust 0'),
      },
    ),
  ];
}
