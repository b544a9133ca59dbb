import type net from 'node:net';
import { addressList, encodeProxyHeader, proxyHeaderFor } from '../../adapters/proxy/index.js';
import { argumentError, invalidType } from '../../base/errors/argument-error.js';
import type { ProxiedAddresses } from '../../formats/proxy-protocol/header.js';
import { hostAndPort } from './endpoint.js';
import type { TunnelProxyProtocol } from './options.js';
import type { SecureSocket } from './parts.js';

/** The options for headers, checked. */
export interface ProxySettings {
  /** Null for none. */
  readonly out: { readonly version: 1 | 2; readonly detail: 'none' | 'tls' | 'certificate' } | null;
  /** Who has to send one: addresses and networks. */
  readonly in: readonly string[];
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function parseProxyProtocol(
  options: TunnelProxyProtocol | undefined,
  { knowsTls }: { readonly knowsTls: boolean },
): ProxySettings {
  const given: unknown = options ?? {};
  if (typeof given !== 'object' || given === null) {
    throw invalidType('options.proxyProtocol', 'of type object', given);
  }
  const { out, in: from = [], ...others } = given as TunnelProxyProtocol;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`has no ${JSON.stringify(unknown)}`);
  addressList(from);
  switch (out) {
    case undefined:
      return { out: null, in: from };
    case 1:
    case 2:
      return { out: { version: out, detail: 'none' }, in: from };
    case 'tls':
    case 'certificate':
      if (!knowsTls) {
        throw wrong(`can't say anything about TLS here: it is sent before TLS. 'out' can be 1 or 2`);
      }
      return { out: { version: 2, detail: out }, in: from };
    default:
      throw wrong(`'out' must be 1, 2, 'tls' or 'certificate'. Received ${String(out)}`);
  }
}

const wrong = (what: string): Error =>
  argumentError('ERR_INVALID_ARG_VALUE', `The property 'proxyProtocol' ${what}`);

/**
 * The bytes of a header for the target.
 *
 * @param addresses from a header that the connection began with; null for its own
 * @param secure null before TLS
 */
export function headerFor(
  { version, detail }: NonNullable<ProxySettings['out']>,
  accepted: net.Socket,
  addresses: ProxiedAddresses | null,
  secure: SecureSocket | null,
): Buffer {
  const own = proxyHeaderFor(accepted, { version });
  return encodeProxyHeader(
    proxyHeaderFor(secure ?? accepted, { version, detail, addresses: addresses ?? own.addresses }),
  );
}

/** Whose connection it is, such as '192.0.2.7:50312'. */
export function sourceText({ source }: ProxiedAddresses): string {
  return 'path' in source ? source.path : hostAndPort(source.address, source.port);
}
