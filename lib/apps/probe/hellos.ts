import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import {
  applicationProtocols,
  extension,
  helloMessage,
  helloRecord,
  numberList,
  serverName,
} from '../../formats/client-hello/write-hello.js';
import { Extension } from '../../formats/tls-wire/extension-types.js';
import { ALL_GROUPS } from '../../formats/tls-wire/groups.js';
import { ALL_SCHEMES } from '../../formats/tls-wire/signature-schemes.js';
import { uint16, uint8, vector } from '../../formats/tls-wire/vectors.js';
import { TLS_VERSIONS } from '../../formats/tls-wire/versions.js';

/** A share of a key exchange. */
export interface KeyShare {
  readonly group: number;
  readonly share: Uint8Array;
}

/** What a hello offers. Everything that is left out is offered as widely as possible. */
export interface Offer {
  /** The only version. */
  readonly version: number;
  readonly suites: readonly number[];
  /** The name for server_name; null and addresses are not sent. */
  readonly servername: string | null;
  readonly groups?: readonly number[];
  readonly schemes?: readonly number[];
  readonly alpn?: readonly string[];
  /** For TLS 1.3; without any, the server names the group that it wants. */
  readonly shares?: readonly KeyShare[];
  /** DEFLATE and heartbeats, which should be refused. */
  readonly withRelics?: boolean;
  /** A version that nobody has yet is offered too. */
  readonly withNewerVersion?: boolean;
  /** Reserved values (RFC 8701), which servers ignore. */
  readonly withGrease?: boolean;
  /** Bytes of the message, as far as its lists are shorter (RFC 7685). */
  readonly length?: number;
}

/** A hello, as a record and as the message in it. */
export interface Hello {
  readonly record: Uint8Array;
  readonly message: Uint8Array;
}

/** RFC 8701 §2 */
const GREASE = [0x0a0a, 0x1a1a] as const;
const NEWER_VERSION = 0x0305;
const DEFLATE = 1;
const OCSP = 1;
const UNCOMPRESSED_POINTS = 0;
const PSK_WITH_DHE = 1;
const PEER_MAY_SEND = 1;

/** A hello with fresh random bytes. */
export function helloOf(offer: Offer): Hello {
  const hello = paddedHello(offer, []);
  const missing = (offer.length ?? 0) - hello.message.length - EXTENSION_HEADER;
  return missing < 0 ? hello : paddedHello(offer, [extension(Extension.Padding, new Uint8Array(missing))]);
}

const EXTENSION_HEADER = 4;

function paddedHello(offer: Offer, padding: readonly Uint8Array[]): Hello {
  const { version, withGrease = false } = offer;
  const suites = withGrease ? [GREASE[0], ...offer.suites] : offer.suites;
  const message = helloMessage({
    version,
    suites,
    ...(offer.withNewerVersion && version < TLS_VERSIONS['TLSv1.3'] && { legacyVersion: NEWER_VERSION }),
    random: randomBytes(32),
    sessionId: version === TLS_VERSIONS['TLSv1.3'] ? randomBytes(32) : new Uint8Array(0),
    ...(offer.withRelics && { compression: [DEFLATE, 0] }),
    extensions: version === TLS_VERSIONS.SSLv3 ? null : [...extensionsOf(offer), ...padding],
  });
  return { message, record: helloRecord(message, version) };
}

function extensionsOf(offer: Offer): Uint8Array[] {
  const { version, servername, groups = ALL_GROUPS, schemes = ALL_SCHEMES, alpn, withRelics = false } = offer;
  const { withGrease = false, withNewerVersion = false } = offer;
  const versions = [
    ...(withGrease ? [GREASE[0]] : []),
    ...(withNewerVersion ? [NEWER_VERSION] : []),
    TLS_VERSIONS['TLSv1.3'],
  ];
  const hasName = servername !== null && isIP(servername) === 0;
  return [
    ...(withGrease ? [extension(GREASE[0])] : []),
    ...(hasName ? [serverName(servername)] : []),
    extension(Extension.StatusRequest, uint8(OCSP), uint16(0), uint16(0)),
    extension(Extension.SupportedGroups, numberList(2, withGrease ? [GREASE[1], ...groups] : groups)),
    extension(Extension.EcPointFormats, vector(1, uint8(UNCOMPRESSED_POINTS))),
    ...(version >= TLS_VERSIONS['TLSv1.2']
      ? [extension(Extension.SignatureAlgorithms, numberList(2, schemes))]
      : []),
    ...(alpn === undefined ? [] : [applicationProtocols(alpn)]),
    ...(withRelics ? [extension(Extension.Heartbeat, uint8(PEER_MAY_SEND))] : []),
    ...(version === TLS_VERSIONS['TLSv1.3'] ? newExtensions(offer.shares ?? [], versions) : OLD_EXTENSIONS),
    ...(withGrease ? [extension(GREASE[1], uint8(0))] : []),
  ];
}

/** Of TLS 1.2 and below. */
const OLD_EXTENSIONS = [
  extension(Extension.EncryptThenMac),
  extension(Extension.ExtendedMasterSecret),
  extension(Extension.SessionTicket),
  extension(Extension.RenegotiationInfo, uint8(0)),
];

const newExtensions = (shares: readonly KeyShare[], versions: readonly number[]): Uint8Array[] => [
  extension(Extension.SupportedVersions, numberList(1, versions)),
  extension(Extension.PskKeyExchangeModes, vector(1, uint8(PSK_WITH_DHE))),
  extension(
    Extension.KeyShare,
    vector(2, ...shares.flatMap(({ group, share }) => [uint16(group), vector(2, share)])),
  ),
];
