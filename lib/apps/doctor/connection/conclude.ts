import { adviceOf, hasCode, sentenceOf } from './error-facts.js';
import { clientCertificateConclusions } from './client-certificate.js';
import { type Conclusion, fails, notes, works } from './conclusion.js';
import type { Evidence, ProxySetting, SeenTls } from './evidence.js';
import { handshakeConclusions } from './handshake.js';
import { trustConclusions } from './trust.js';

/** What follows from the evidence, in the order of a connection. */
export function conclude(evidence: Evidence): Conclusion[] {
  const { server, proxies, absent } = evidence;
  const noSchannel =
    absent === null
      ? []
      : [
          notes(
            'SCHANNEL_ABSENT',
            'There is no Schannel here, so no connection was made.',
            `The handshake, the trust of Windows and its settings can only be looked at on Windows. ${absent}`,
          ),
        ];
  if ('error' in server) return [unreached(server.error, proxies), ...proxyNotes(proxies), ...noSchannel];
  const spoken = versionsOf(server);
  if (spoken.length === 0) {
    return [
      works('REACHED', 'The server can be reached.'),
      fails(
        'TLS_REFUSED',
        'The server refuses every version and cipher suite that it was asked for.',
        'It may serve only some names, or only known clients.',
        'Look for the name that it serves (--servername), and into its log.',
      ),
      ...unsure(server),
      ...noSchannel,
    ];
  }
  return [
    works('REACHED', 'The server can be reached.'),
    works('TLS_SPOKEN', `It speaks ${spoken.join(', ')}.`),
    ...handshakeConclusions(evidence),
    ...trustConclusions(evidence, server),
    ...clientCertificateConclusions(evidence, server),
    ...proxyNotes(proxies),
    ...unsure(server),
    ...noSchannel,
  ];
}

const CHECK_PORT = 'Check the port, and the protocol of --starttls.';

/** The versions that the server accepts, newest first. */
const versionsOf = ({ versions }: SeenTls): string[] =>
  Object.entries(versions)
    .flatMap(([name, { offered }]) => (offered === true ? [name] : []))
    .reverse();

const unsure = (server: SeenTls): Conclusion[] => server.unsure.map((text) => notes('NOT_SURE', text));

function unreached(error: Error, proxies: readonly ProxySetting[]): Conclusion {
  const cause = error.cause instanceof Error ? error.cause : error;
  const behindProxy = proxies.length === 0 ? null : 'This machine may reach it only through a proxy.';
  if (hasCode(cause, 'ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA')) {
    return fails(
      'HOST_UNKNOWN',
      'The name of the server is not known here.',
      behindProxy ?? 'The name is wrong, or the name servers of this machine do not know it.',
      'Check the name, and ask with nslookup.',
    );
  }
  if (hasCode(error, 'ERR_SCHANNEL_PROBE_NOT_TLS')) {
    return fails('NOT_TLS', sentenceOf(error), null, adviceOf(error) ?? CHECK_PORT);
  }
  if (hasCode(error, /^ERR_SCHANNEL_(PEER_)?STARTTLS_/)) {
    return fails(
      'STARTTLS_FAILED',
      sentenceOf(error),
      'The server does not begin TLS in this protocol, or something in between removes the offer.',
      adviceOf(error) ?? CHECK_PORT,
    );
  }
  return fails(
    'HOST_UNREACHABLE',
    `The server cannot be reached: ${sentenceOf(cause)}`,
    behindProxy ?? 'Nothing listens there, or a firewall is in between.',
    'Check the port, whether the service runs, and the firewalls on both sides.',
  );
}

const proxyNotes = (proxies: readonly ProxySetting[]): Conclusion[] =>
  proxies.length === 0
    ? []
    : [
        notes(
          'PROXY_SET',
          `The environment names a proxy for this host: ${proxies.map(({ variable, url }) => `${variable}=${url}`).join(', ')}.`,
          'This test connected directly. Programs that use the proxy see what the proxy lets them see.',
          'Test the way through it: schannel connect --proxy.',
        ),
      ];
