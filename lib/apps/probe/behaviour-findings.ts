import { finding, type Finding } from './finding.js';
import type { ProbeReport } from './report.js';

type Behaviour = Pick<ProbeReport, 'features' | 'resumption' | 'tolerance' | 'signatures'>;

const UPDATE = 'Update the server, or what stands in front of it.';

/** How the server behaves in whole handshakes, and to unusual hellos. */
export function behaviourFindings({ features, resumption, tolerance, signatures }: Behaviour): Finding[] {
  const old = [...(signatures['TLSv1.2'] ?? []), ...(signatures['TLSv1.3'] ?? [])].filter((name) =>
    /_(sha1|md5)$/.test(name),
  );
  const all: readonly (Finding | false)[] = [
    features.nameRefused === true &&
      finding(
        'name-refused',
        'note',
        'The server refuses the name that it was asked for. What follows is what it accepts without a name.',
        'Ask for a name that it serves, or add this one to it.',
      ),
    features.clientRenegotiation === true &&
      finding(
        'client-renegotiation',
        'note',
        'Clients may ask for another handshake on a connection, which costs the server more than them.',
        'Forbid it if the server can; Windows has DisableRenegoOnServer under SCHANNEL.',
      ),
    resumption.earlyData !== null &&
      resumption.earlyData > 0 &&
      finding(
        'early-data',
        'note',
        `The server takes ${resumption.earlyData} bytes of early data, which can be sent again by others.`,
        'Accept in it only what may happen twice.',
      ),
    tolerance.newerVersion === false &&
      finding(
        'version-intolerance',
        'weak',
        'The server refuses hellos that offer a newer version too.',
        UPDATE,
      ),
    tolerance.grease === false &&
      finding(
        'grease-intolerance',
        'weak',
        'The server refuses hellos with values that it does not know, as browsers send them (RFC 8701).',
        UPDATE,
      ),
    tolerance.mediumHello === false &&
      finding('medium-hello', 'weak', 'The server refuses a hello of 400 bytes.', UPDATE),
    tolerance.longHello === false &&
      finding('long-hello', 'note', 'The server refuses a hello of 16,000 bytes.', UPDATE),
    old.length > 0 &&
      finding(
        'old-signatures',
        'weak',
        `The server signs with SHA-1 or MD5: ${old.join(', ')}.`,
        'Remove them from the signature algorithms of the server. Clients that need them cannot be trusted with secrets.',
      ),
  ];
  return all.filter((each) => each !== false);
}
