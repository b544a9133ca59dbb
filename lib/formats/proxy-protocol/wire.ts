/** Numbers of version 2 (sections 2.2 to 2.2.7 of proxy-protocol.txt). */

export const SIGNATURE = Buffer.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);

/** Signature, version and command, family and transport, length of the rest. */
export const FIXED_BYTES = 16;

/** A line of version 1 with its CRLF. */
export const LONGEST_LINE = 107;

export const VERSION = 2;
export const COMMAND = { local: 0, proxy: 1 } as const;
export const FAMILY = { none: 0, ipv4: 1, ipv6: 2, unix: 3 } as const;
export const TRANSPORT = { none: 0, stream: 1, datagram: 2 } as const;

export const PATH_BYTES = 108;
export const UNIQUE_ID_BYTES = 128;

export const TYPE = {
  alpn: 0x01,
  authority: 0x02,
  checksum: 0x03,
  nothing: 0x04,
  uniqueId: 0x05,
  tls: 0x20,
  namespace: 0x30,
} as const;

/** Types within the value of {@link TYPE}.tls. */
export const TLS_TYPE = {
  version: 0x21,
  commonName: 0x22,
  cipher: 0x23,
  signatureAlgorithm: 0x24,
  keyAlgorithm: 0x25,
  certificate: 0x28,
} as const;

export const TLS_FLAG = { tls: 0x01, certificate: 0x02, certificateInSession: 0x04 } as const;
