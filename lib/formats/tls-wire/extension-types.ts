/** The extensions that a probe sends or looks for, by their numbers (IANA, "TLS ExtensionType Values"). */
export const Extension = {
  ServerName: 0,
  StatusRequest: 5,
  SupportedGroups: 10,
  EcPointFormats: 11,
  SignatureAlgorithms: 13,
  Heartbeat: 15,
  Alpn: 16,
  Padding: 21,
  EncryptThenMac: 22,
  ExtendedMasterSecret: 23,
  SessionTicket: 35,
  SupportedVersions: 43,
  PskKeyExchangeModes: 45,
  PostHandshakeAuth: 49,
  KeyShare: 51,
  RenegotiationInfo: 0xff01,
} as const;
