import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { extensionValues, momentOf, type Outline, outlineOf } from './outline.js';
import { certificateOf, parseCertificate, pemOfCertificate, unreadable } from './certificate-of.js';
import { commonNameOf, type DistinguishedName, formatName, readName } from './distinguished-name.js';
import {
  type AlternativeNames,
  EXTENSION,
  NO_NAMES,
  readAlternativeNames,
  readIsAuthority,
  readKeyIdentifier,
  readKeyUsage,
  readTemplateName,
  readTemplateOid,
  readUsages,
} from './extensions.js';
import { toHex } from '../../base/text/hex.js';
import { isSelfSigned } from './issuers.js';
import type { KeyUsage } from './usages.js';

/**
 * The content of a certificate. Each part is parsed on first use and cached. No open store is needed.
 *
 * Windows has parsed the certificates of its stores, but not all extensions: a malformed extension counts as one that
 * names and allows nothing.
 */
export class CertificateContents {
  /** DER. */
  readonly raw: Buffer;
  #x509: X509Certificate | undefined;
  #outline: Outline | undefined;
  #extensions: ReadonlyMap<string, Uint8Array> | undefined;
  #names: AlternativeNames | undefined;
  #subject: DistinguishedName | undefined;
  #issuer: DistinguishedName | undefined;
  #validFrom: Date | undefined;
  #validTo: Date | undefined;
  #thumbprint: string | undefined;
  #thumbprint256: string | undefined;

  constructor(der: Uint8Array) {
    this.raw = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  }

  /** As an X509Certificate. @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE if OpenSSL cannot read it */
  get x509(): X509Certificate {
    try {
      return (this.#x509 ??= certificateOf(this.raw));
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  /** '-----BEGIN CERTIFICATE-----' and so on, with a line end at the end. */
  get pem(): string {
    return pemOfCertificate(this.raw);
  }

  /** On one line as Windows shows it, 'CN=www.example.com, O=Example, C=DE'; `x509.subject` has it as node:tls does. */
  get subject(): string {
    return formatName(this.subjectName);
  }

  get issuer(): string {
    return formatName(this.issuerName);
  }

  /** The subject's parts, in the order of the certificate. */
  get subjectName(): DistinguishedName {
    return (this.#subject ??= readName(this.outline.subject));
  }

  get issuerName(): DistinguishedName {
    return (this.#issuer ??= readName(this.outline.issuer));
  }

  /** The subject's common name; null if it has none. */
  get commonName(): string | null {
    return commonNameOf(this.subjectName);
  }

  /** Hexadecimal, upper case, as `x509.serialNumber`. */
  get serialNumber(): string {
    const digits = toHex(this.outline.serialNumber).replace(/^(00)+(?=.)/, '');
    return digits === '' ? '00' : digits;
  }

  get validFrom(): Date {
    return new Date((this.#validFrom ??= momentOf(this.outline.notBefore)));
  }

  get validTo(): Date {
    return new Date((this.#validTo ??= momentOf(this.outline.notAfter)));
  }

  /** Whether it is within its validity period. Trust and revocation are not checked. */
  isValid(at: Date = new Date()): boolean {
    return this.validFrom <= at && at <= this.validTo;
  }

  /** DNS names among the alternative names, as they are encoded: A-labels ('xn--…') and wildcards. */
  get dnsNames(): readonly string[] {
    return this.#alternativeNames.dnsNames;
  }

  /** IP addresses among the alternative names: '192.0.2.1', '2001:db8::1'. */
  get ipAddresses(): readonly string[] {
    return this.#alternativeNames.ipAddresses;
  }

  /** E-mail addresses among the alternative names. */
  get emailAddresses(): readonly string[] {
    return this.#alternativeNames.emailAddresses;
  }

  /** User principal names: the Windows accounts that it can log on to. */
  get upns(): readonly string[] {
    return this.#alternativeNames.upns;
  }

  /** URIs among the alternative names. */
  get uris(): readonly string[] {
    return this.#alternativeNames.uris;
  }

  /** What its key may do; null if it does not say so, which allows everything. */
  get keyUsage(): readonly KeyUsage[] | null {
    return this.#extension(EXTENSION.keyUsage, readKeyUsage, []);
  }

  /** Purposes (identifiers) that the certificate itself names; null means any. */
  get encodedKeyUsage(): readonly string[] | null {
    return this.#extension(EXTENSION.extendedKeyUsage, readUsages, []);
  }

  /** Whether it may issue certificates (basic constraints). */
  get isAuthority(): boolean {
    return this.#extension(EXTENSION.basicConstraints, readIsAuthority, false) ?? false;
  }

  /** Whether its subject is also its issuer (RFC 5280 §3.2). The signature is not checked. */
  get isSelfIssued(): boolean {
    return Buffer.compare(this.outline.subject, this.outline.issuer) === 0;
  }

  /** Whether its subject is also its issuer and its own key signed it. */
  get isSelfSigned(): boolean {
    if (!this.isSelfIssued) return false;
    const x509 = parseCertificate(this.raw);
    return x509 !== null && isSelfSigned(x509);
  }

  /** Name (version 1) or identifier of the template of the Windows authority that issued it; null if there is none. */
  get template(): string | null {
    return this.templates[0] ?? null;
  }

  /** Name and identifier of the template, as far as present. */
  get templates(): readonly string[] {
    return [
      this.#extension(EXTENSION.templateName, readTemplateName, ''),
      this.#extension(EXTENSION.template, readTemplateOid, ''),
    ].filter((template): template is string => template !== null && template !== '');
  }

  /** Subject key identifier, upper-case hexadecimal; null if it has none. */
  get keyIdentifier(): string | null {
    const value = this.#extension(EXTENSION.subjectKeyIdentifier, readKeyIdentifier, null);
    return value === null ? null : toHex(value);
  }

  /** SHA-1, upper-case hexadecimal as Windows shows it: a certificate's name in a store. */
  get thumbprint(): string {
    return (this.#thumbprint ??= toHex(createHash('sha1').update(this.raw).digest()));
  }

  /** SHA-256, upper-case hexadecimal. */
  get thumbprint256(): string {
    return (this.#thumbprint256 ??= toHex(createHash('sha256').update(this.raw).digest()));
  }

  /**
   * @throws SchannelError ERR_SCHANNEL_OPTION_CERTIFICATE if OpenSSL cannot read it, or does not know keys of its type
   */
  get publicKey(): KeyObject {
    const { x509 } = this;
    try {
      return x509.publicKey;
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  /** Internal: the undecoded parts. */
  protected get outline(): Outline {
    return (this.#outline ??= outlineOf(this.raw));
  }

  get #alternativeNames(): AlternativeNames {
    return (this.#names ??=
      this.#extension(EXTENSION.subjectAltName, readAlternativeNames, NO_NAMES) ?? NO_NAMES);
  }

  #extension<Value, Otherwise>(
    oid: string,
    read: (value: Uint8Array) => Value,
    malformed: Otherwise,
  ): Value | Otherwise | null {
    try {
      this.#extensions ??= extensionValues(this.outline);
    } catch {
      this.#extensions = new Map();
    }
    const value = this.#extensions.get(oid);
    if (value === undefined) return null;
    try {
      return read(value);
    } catch {
      return malformed;
    }
  }
}
