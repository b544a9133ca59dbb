import { constants } from 'node:crypto';

import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { PROTOCOLS, protocolsIn, type Protocol, type ProtocolRange } from './protocols.js';

/** Each removes one version. */
const VERSIONS: Readonly<Record<Protocol, number>> = {
  TLSv1: constants.SSL_OP_NO_TLSv1,
  'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
  'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
  'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
};

/** OpenSSL 3: an end without close_notify is no error. No release of Node exports this name. */
const SSL_OP_IGNORE_UNEXPECTED_EOF = 0x80;

/** What Windows does anyway, or hints about an order that Windows decides itself. */
const HARMLESS =
  constants.SSL_OP_ALL |
  constants.SSL_OP_NO_SSLv2 |
  constants.SSL_OP_NO_SSLv3 |
  constants.SSL_OP_NO_COMPRESSION |
  constants.SSL_OP_LEGACY_SERVER_CONNECT |
  constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION |
  constants.SSL_OP_CIPHER_SERVER_PREFERENCE |
  constants.SSL_OP_PRIORITIZE_CHACHA |
  SSL_OP_IGNORE_UNEXPECTED_EOF;

const SWITCHES = Object.values(VERSIONS).reduce((sum, bit) => sum | bit, HARMLESS);

/**
 * The versions of a range that OpenSSL's switches leave.
 *
 * @param secureOptions bits of crypto.constants.SSL_OP_…
 * @throws TypeError ERR_INVALID_ARG_TYPE
 * @throws RangeError ERR_TLS_INVALID_PROTOCOL_VERSION when no version is left
 * @throws SchannelError ERR_SCHANNEL_OPTION_UNSUPPORTED for a switch without a counterpart in Windows, and if a version
 *   in the middle is removed
 */
export function rangeWithout(range: ProtocolRange, secureOptions: unknown): ProtocolRange {
  if (secureOptions === undefined || secureOptions === null) return range;
  if (typeof secureOptions !== 'number')
    throw invalidType('options.secureOptions', 'of type number', secureOptions);
  const unknown = (secureOptions & ~SWITCHES) >>> 0;
  if (unknown !== 0)
    throw refused(`Windows has no counterpart of OpenSSL's switch 0x${unknown.toString(16)}`);
  const left = protocolsIn(range).filter((version) => (secureOptions & VERSIONS[version]) === 0);
  const [min, max = min] = [left[0], left.at(-1)];
  if (min === undefined || max === undefined) {
    throw argumentError(
      'ERR_TLS_INVALID_PROTOCOL_VERSION',
      'The option secureOptions leaves no version of TLS',
      RangeError,
    );
  }
  if (PROTOCOLS.indexOf(max) - PROTOCOLS.indexOf(min) !== left.length - 1)
    throw refused(`no version between ${min} and ${max} can be left out`);
  return { min, max };
}

const refused = (reason: string): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_OPTION_UNSUPPORTED',
    `The option "secureOptions" cannot be honoured: ${reason}`,
    {
      advice: 'Remove it from "secureOptions", limit versions by minVersion and maxVersion, or use node:tls.',
    },
  );
