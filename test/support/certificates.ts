// @peculiar/x509 registers its parts through decorators, whose metadata this package provides: it has to come first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { type KeyObject, randomBytes, webcrypto } from 'node:crypto';

x509.cryptoProvider.set(webcrypto);

/** Properties of a test certificate. By default it is a good server certificate for localhost. */
export interface CertificateOptions {
  /** Default 'CN=localhost'. */
  readonly subject?: string;
  /** 'DNS:name' or 'IP:address'; default localhost and its two addresses; [] leaves the extension out. */
  readonly altNames?: readonly string[];
  /** Default serverAuth; [] leaves the extension out, which means any purpose. */
  readonly usages?: readonly (keyof typeof x509.ExtendedKeyUsage)[];
  /** Default an hour ago. */
  readonly notBefore?: Date;
  /** Default in thirty days. */
  readonly notAfter?: Date;
  /** basicConstraints CA:TRUE and the right to sign. */
  readonly authority?: AuthorityRights | undefined;
  /** Address of the issuer's certificate (AIA caIssuers). */
  readonly caIssuers?: string;
  /** Address of the OCSP responder. */
  readonly ocsp?: string;
  /** Address of the revocation list. */
  readonly crl?: string;
  /** Subject and authority key identifiers. Default true. */
  readonly keyIdentifiers?: boolean;
  /** EC P-256 is quick; RSA 2048 where a peer needs it. Default 'ec'. */
  readonly key?: 'ec' | 'rsa';
  /** For a key that somebody else has. The private key of the result is of no use then. */
  readonly publicKey?: KeyObject;
}

export interface AuthorityRights {
  /** Authorities allowed below this one; default any number. */
  readonly pathLength?: number;
  /** DNS names this authority may issue for (name constraints); default all. */
  readonly permitted?: readonly string[];
}

/** A certificate with its private key. */
export interface TestCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM (PKCS #8). */
  readonly key: string;
  readonly der: Uint8Array;
  /** Hexadecimal. */
  readonly serialNumber: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The moment this many days from now. */
export const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY);

/** An authority that issues certificates and revocation lists. */
export class TestAuthority {
  readonly certificate: TestCertificate;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #issuer: x509.X509Certificate;

  private constructor(
    certificate: TestCertificate,
    keys: webcrypto.CryptoKeyPair,
    issuer: x509.X509Certificate,
  ) {
    this.certificate = certificate;
    this.#keys = keys;
    this.#issuer = issuer;
  }

  /** A root. */
  static async create(subject: string, options: CertificateOptions = {}): Promise<TestAuthority> {
    return TestAuthority.#from(await build({ ...authorityDefaults(subject), ...options }, null));
  }

  /** An authority below this one. */
  async authority(subject: string, options: CertificateOptions = {}): Promise<TestAuthority> {
    return TestAuthority.#from(await build({ ...authorityDefaults(subject), ...options }, this.#asIssuer()));
  }

  /** A certificate issued by this authority. */
  async issue(options: CertificateOptions = {}): Promise<TestCertificate> {
    return (await build(options, this.#asIssuer())).certificate;
  }

  /** A revocation list (DER) of this authority. */
  async crl(revoked: readonly TestCertificate[], nextUpdate = daysFromNow(7)): Promise<Uint8Array> {
    const crl = await x509.X509CrlGenerator.create({
      issuer: this.#issuer.subjectName,
      thisUpdate: new Date(Date.now() - HOUR),
      nextUpdate,
      entries: revoked.map(({ serialNumber }) => ({
        serialNumber,
        revocationDate: new Date(Date.now() - HOUR),
        reason: x509.X509CrlReason.keyCompromise,
      })),
      signingKey: this.#keys.privateKey,
      signingAlgorithm: signingAlgorithm(this.#keys),
      extensions: [await x509.AuthorityKeyIdentifierExtension.create(this.#issuer.publicKey)],
    });
    return new Uint8Array(crl.rawData);
  }

  #asIssuer(): Issuer {
    return { certificate: this.#issuer, keys: this.#keys };
  }

  static #from({ certificate, keys, parsed }: Built): TestAuthority {
    return new TestAuthority(certificate, keys, parsed);
  }
}

/** A revocation list as PEM. */
export const pemOfCrl = (der: Uint8Array): string => x509.PemConverter.encode(der, 'X509 CRL');

/** A certificate that signs itself. */
export const selfSigned = async (options: CertificateOptions = {}): Promise<TestCertificate> =>
  (await build(options, null)).certificate;

/** The certificate with another signature than its issuer made. */
export function damaged({ der, ...certificate }: TestCertificate): TestCertificate {
  const copy = Uint8Array.from(der);
  const last = copy.length - 1;
  copy[last] = (copy[last] ?? 0) ^ 1;
  return { ...certificate, der: copy, cert: `${x509.PemConverter.encode(copy, 'CERTIFICATE')}\n` };
}

const roots = new Map<string, Promise<TestAuthority>>();

/** The root of this name; made once in a test run. */
export function sharedRoot(subject = 'CN=schannel test root'): Promise<TestAuthority> {
  const known = roots.get(subject);
  if (known !== undefined) return known;
  const root = TestAuthority.create(subject);
  roots.set(subject, root);
  return root;
}

interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

interface Built {
  readonly certificate: TestCertificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly parsed: x509.X509Certificate;
}

const authorityDefaults = (subject: string): CertificateOptions => ({
  subject,
  altNames: [],
  usages: [],
  authority: {},
});

async function build(options: CertificateOptions, issuer: Issuer | null): Promise<Built> {
  const keys = await generateKeys(options.key ?? 'ec');
  const publicKey =
    options.publicKey === undefined
      ? keys.publicKey
      : new x509.PublicKey(options.publicKey.export({ type: 'spki', format: 'der' }));
  const subject = options.subject ?? 'CN=localhost';
  // A leading zero would be dropped, a leading one bit would make it negative.
  const serialNumber = `4${randomBytes(16).toString('hex').slice(1)}`;
  const parsed = await x509.X509CertificateGenerator.create({
    serialNumber,
    subject,
    issuer: issuer?.certificate.subjectName ?? subject,
    notBefore: options.notBefore ?? new Date(Date.now() - HOUR),
    notAfter: options.notAfter ?? daysFromNow(30),
    publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: signingAlgorithm(issuer?.keys ?? keys),
    extensions: [
      ...extensionsOf(options),
      ...(options.keyIdentifiers === false
        ? []
        : await keyIdentifiers(publicKey, issuer?.keys.publicKey ?? publicKey)),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const certificate = {
    cert: `${parsed.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
    der: new Uint8Array(parsed.rawData),
    serialNumber,
  };
  return { certificate, keys, parsed };
}

/** keyUsage (RFC 5280 §4.2.1.3), critical: digitalSignature with keyEncipherment, or with keyCertSign and cRLSign. */
const END_ENTITY_KEY = new x509.Extension('2.5.29.15', true, Buffer.from('030205a0', 'hex'));
const AUTHORITY_KEY = new x509.Extension('2.5.29.15', true, Buffer.from('03020186', 'hex'));

function extensionsOf(options: CertificateOptions): x509.Extension[] {
  const { authority, caIssuers, ocsp, crl } = options;
  const usages = options.usages ?? ['serverAuth'];
  const altNames = options.altNames ?? ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
  return [
    new x509.BasicConstraintsExtension(authority !== undefined, authority?.pathLength, true),
    authority === undefined ? END_ENTITY_KEY : AUTHORITY_KEY,
    ...(usages.length === 0
      ? []
      : [new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[usage]))]),
    ...(altNames.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(altNames.map(generalName))]),
    ...(authority?.permitted === undefined ? [] : [nameConstraints(authority.permitted)]),
    ...(crl === undefined ? [] : [new x509.CRLDistributionPointsExtension([crl])]),
    ...(caIssuers === undefined && ocsp === undefined
      ? []
      : [new x509.AuthorityInfoAccessExtension({ ...(caIssuers && { caIssuers }), ...(ocsp && { ocsp }) })]),
  ];
}

const keyIdentifiers = (
  own: webcrypto.CryptoKey | x509.PublicKey,
  issuer: webcrypto.CryptoKey | x509.PublicKey,
): Promise<x509.Extension[]> =>
  Promise.all([
    x509.SubjectKeyIdentifierExtension.create(own),
    x509.AuthorityKeyIdentifierExtension.create(issuer),
  ]);

function generalName(text: string): x509.JsonGeneralName {
  const value = text.slice(text.indexOf(':') + 1);
  return text.startsWith('IP:') ? { type: 'ip', value } : { type: 'dns', value };
}

/** NameConstraints (RFC 5280 §4.2.1.10) with permitted dNSName subtrees; the library has no class for it. */
function nameConstraints(permitted: readonly string[]): x509.Extension {
  const subtrees = permitted.map((name) => element(0x30, element(0x82, Buffer.from(name, 'latin1'))));
  return new x509.Extension('2.5.29.30', true, element(0x30, element(0xa0, Buffer.concat(subtrees))));
}

/** A DER element; only short lengths are needed here. */
function element(tag: number, content: Buffer): Buffer {
  if (content.length > 127) throw new RangeError('the names are too long for a short DER length');
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
} as const;

const generateKeys = (kind: 'ec' | 'rsa'): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(kind === 'ec' ? EC : RSA, true, ['sign', 'verify']);

const signingAlgorithm = (keys: webcrypto.CryptoKeyPair): webcrypto.Algorithm & { hash: string } => ({
  name: keys.privateKey.algorithm.name,
  hash: 'SHA-256',
});
