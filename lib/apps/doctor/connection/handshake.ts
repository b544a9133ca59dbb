import { Alert } from '../../../base/errors/alerts.js';
import { isAboutCertificate, isUnusable } from './client-certificate.js';
import { type Conclusion, fails, works } from './conclusion.js';
import { adviceOf, hasCode, receivedAlert, sentenceOf } from './error-facts.js';
import type { Evidence, MachineEvidence } from './evidence.js';

/** What versions, suites and the handshake say. */
export function handshakeConclusions(evidence: Evidence): Conclusion[] {
  const { machine, attempt } = evidence;
  if (attempt === null) return machine === null ? [] : settings(machine);
  const { connected, error } = attempt;
  if (connected !== null) {
    // What happened counts more than what was computed.
    const { protocol, cipherSuite } = connected;
    const by = [protocol, cipherSuite].filter((part) => part !== null).join(', ');
    return [
      works('HANDSHAKE_DONE', `The handshake is complete${by === '' ? '' : `: ${by}`}.`),
      ...(error === null || isAboutCertificate(evidence, error) ? [] : [failure(evidence, error)]),
    ];
  }
  if (error === null) return [];
  // It is told with the certificates.
  if (isUnusable(evidence) || isAboutCertificate(evidence, error)) return [];
  const known = machine === null ? [] : settings(machine);
  if (known.some(({ verdict }) => verdict === 'fails')) return known;
  return [...known, failure(evidence, error)];
}

/** What this machine and the server have in common. */
function settings({ compared, lacking }: MachineEvidence): Conclusion[] {
  const common = compared
    .filter(({ decision, seen }) => decision.answer === 'yes' && seen === true)
    .map(({ decision }) => decision);
  const versions = common.filter(({ kind }) => kind === 'version').map(({ subject }) => subject);
  const suites = common.filter(({ kind }) => kind === 'suite').map(({ subject }) => subject);
  const [suite] = suites;
  if (lacking?.kind === 'version') {
    return [
      lack('NO_COMMON_VERSION', 'No version of TLS is common to this machine and the server.', lacking),
    ];
  }
  return [
    ...(versions.length === 0 ? [] : [works('VERSION_COMMON', `Both have ${versions.join(', ')}.`)]),
    ...(lacking !== null
      ? [lack('NO_COMMON_SUITE', 'No cipher suite is common to this machine and the server.', lacking)]
      : suite === undefined
        ? []
        : [works('SUITE_COMMON', `${suites.length} cipher suites are common, ${suite} first.`)]),
  ];
}

function lack(
  code: 'NO_COMMON_VERSION' | 'NO_COMMON_SUITE',
  text: string,
  { decision }: NonNullable<MachineEvidence['lacking']>,
): Conclusion {
  if (decision === null) {
    const meaning = 'The server accepts only what this Windows does not know.';
    return fails(code, text, meaning, 'Bring the server up to date.');
  }
  const { subject, text: why, remedy } = decision;
  return fails(code, text, `${subject} is what the server would take. ${why}`, remedy);
}

const NO_COMMON = 'This machine and the server have no version, cipher suite, group or signature in common.';

function failure({ target }: Evidence, error: Error): Conclusion {
  const alert = receivedAlert(error);
  const isAlgorithm =
    hasCode(error, 'ERR_SCHANNEL_PEER_NO_COMMON_ALGORITHM', 'ERR_SCHANNEL_SYSTEM_PROTOCOL_DISABLED') ||
    alert === Alert.HandshakeFailure;
  if (isAlgorithm) {
    return fails(
      'NO_COMMON_ALGORITHM',
      sentenceOf(error),
      NO_COMMON,
      adviceOf(error) ?? `Compare both: schannel probe ${target.host}:${target.port} --explain`,
    );
  }
  if (alert === Alert.UnrecognizedName) {
    return fails(
      'HANDSHAKE_FAILED',
      sentenceOf(error),
      `The server does not serve the name ${target.servername}.`,
      'Give the name that it serves (--servername).',
    );
  }
  return fails(
    'HANDSHAKE_FAILED',
    sentenceOf(error),
    hasCode(error, 'ECONNRESET')
      ? 'The server, or something in between, cut the connection in the handshake.'
      : null,
    adviceOf(error) ?? 'Look into the log of the server.',
  );
}
