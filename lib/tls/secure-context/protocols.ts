import { argumentError } from '../../base/errors/argument-error.js';
import type { Role } from '../../native/binding.js';
import { tlsDefaults } from './defaults.js';

/** TLS versions by node:tls's names, oldest first. */
export const PROTOCOLS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The oldest and the newest version that may be negotiated. */
export interface ProtocolRange {
  readonly min: Protocol;
  readonly max: Protocol;
}

export interface ProtocolOptions {
  /** Default tls.DEFAULT_MIN_VERSION, 'TLSv1.2'. */
  readonly minVersion?: Protocol | null | undefined;
  /** Default tls.DEFAULT_MAX_VERSION, 'TLSv1.3'. */
  readonly maxVersion?: Protocol | null | undefined;
  /** OpenSSL's legacy way to name one version ('TLSv1_2_method'). Not together with the two above. */
  readonly secureProtocol?: string | null | undefined;
}

/** SP_PROT_*_CLIENT and SP_PROT_*_SERVER bits of schannel.h. */
const BITS: Readonly<Record<Role, Readonly<Record<Protocol, number>>>> = {
  client: { TLSv1: 0x80, 'TLSv1.1': 0x200, 'TLSv1.2': 0x800, 'TLSv1.3': 0x2000 },
  server: { TLSv1: 0x40, 'TLSv1.1': 0x100, 'TLSv1.2': 0x400, 'TLSv1.3': 0x1000 },
};

const METHODS: Readonly<Record<string, ProtocolRange>> = {
  TLS: { min: 'TLSv1', max: 'TLSv1.3' },
  SSLv23: { min: 'TLSv1', max: 'TLSv1.2' },
  TLSv1: { min: 'TLSv1', max: 'TLSv1' },
  TLSv1_1: { min: 'TLSv1.1', max: 'TLSv1.1' },
  TLSv1_2: { min: 'TLSv1.2', max: 'TLSv1.2' },
};

/**
 * The versions that the options allow.
 * @throws TypeError ERR_TLS_INVALID_PROTOCOL_VERSION, ERR_TLS_INVALID_PROTOCOL_METHOD,
 *   ERR_TLS_PROTOCOL_VERSION_CONFLICT
 */
export function protocolRange(options: ProtocolOptions): ProtocolRange {
  const { minVersion, maxVersion, secureProtocol } = options;
  if (secureProtocol) {
    for (const version of [minVersion, maxVersion]) {
      if (version != null) {
        throw argumentError(
          'ERR_TLS_PROTOCOL_VERSION_CONFLICT',
          `TLS protocol version ${JSON.stringify(version)} conflicts with secureProtocol ${JSON.stringify(secureProtocol)}`,
        );
      }
    }
    return rangeOfMethod(secureProtocol);
  }
  const min = protocol(minVersion ?? tlsDefaults().minVersion, 'minimum');
  const max = protocol(maxVersion ?? tlsDefaults().maxVersion, 'maximum');
  if (PROTOCOLS.indexOf(min) > PROTOCOLS.indexOf(max)) {
    throw argumentError(
      'ERR_TLS_INVALID_PROTOCOL_VERSION',
      `minVersion ${min} is above maxVersion ${max}`,
      RangeError,
    );
  }
  return { min, max };
}

/** Every version of a range. */
export function protocolsIn(range: ProtocolRange): readonly Protocol[] {
  return PROTOCOLS.slice(PROTOCOLS.indexOf(range.min), PROTOCOLS.indexOf(range.max) + 1);
}

/** SP_PROT bits for SCHANNEL_CRED.grbitEnabledProtocols of this side. */
export function enabledBits(range: ProtocolRange, role: Role): number {
  return protocolsIn(range).reduce((bits, version) => bits | BITS[role][version], 0);
}

/**
 * SP_PROT bits for TLS_PARAMETERS.grbitDisabledProtocols of this side: all versions but these, future ones included.
 */
export function disabledBits(range: ProtocolRange, role: Role): number {
  return ~enabledBits(range, role) >>> 0;
}

/** The version of a negotiated SP_PROT bit, of either side; null if it is unknown. */
export function protocolOfBits(bits: number): Protocol | null {
  const isOf = (version: Protocol): boolean => (bits & (BITS.client[version] | BITS.server[version])) !== 0;
  return PROTOCOLS.find(isOf) ?? null;
}

/** The version of a number on the wire (0x0303 is TLS 1.2). */
export function protocolOfWire(version: number): Protocol | null {
  return PROTOCOLS[version - 0x0301] ?? null;
}

function protocol(name: string, which: string): Protocol {
  const known = PROTOCOLS.find((version) => version === name);
  if (known) return known;
  throw argumentError(
    'ERR_TLS_INVALID_PROTOCOL_VERSION',
    `${JSON.stringify(name)} is not a valid ${which} TLS protocol version`,
  );
}

function rangeOfMethod(method: string): ProtocolRange {
  const range = METHODS[method.replace(/_(client_|server_)?method$/, '')];
  if (range && method.endsWith('_method')) return range;
  const text = /^SSLv[23]_/.test(method)
    ? `${method.slice(0, 5)} methods disabled`
    : `Unknown method: ${method}`;
  throw argumentError('ERR_TLS_INVALID_PROTOCOL_METHOD', text);
}
