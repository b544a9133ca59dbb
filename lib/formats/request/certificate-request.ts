import type { KeyObject } from 'node:crypto';
import { toPem } from '../pem/pem-writer.js';
import type { AlternativeNames } from '../x509/alternative-names.js';
import { commonNameOf, type DistinguishedName, formatName, readName } from '../x509/distinguished-name.js';
import type { RequestSignature } from './request-signature.js';
import type { RequestedExtensions, UnknownExtension } from './requested-extensions.js';
import type { KeyUsage } from '../x509/usages.js';

/** The parts of a {@link CertificateRequest}. */
export interface RequestParts {
  readonly der: Buffer;
  readonly encodedSubject: Buffer;
  readonly publicKey: KeyObject;
  readonly signature: RequestSignature;
  readonly extensions: RequestedExtensions;
  readonly challengePassword: string | null;
}

/** A certificate request that was read. Its own key has signed it; all else is what its sender wishes. */
export class CertificateRequest {
  /** DER. */
  readonly der: Buffer;
  /** Name, DER, as it is in the request. */
  readonly encodedSubject: Buffer;
  readonly subjectName: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly signature: RequestSignature;
  /** The alternative names, each of them valid. */
  readonly names: AlternativeNames;
  /** Kinds of further alternative names: 'directoryName', 'otherName'. */
  readonly otherNames: readonly string[];
  /** Null if it leaves that to the authority. */
  readonly keyUsage: readonly KeyUsage[] | null;
  /** Purposes (identifiers); null if it leaves them to the authority. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** Whether it asks for the certificate of an authority. */
  readonly isAuthority: boolean;
  /** Name or identifier of the template of a Windows authority; null for none. */
  readonly template: string | null;
  readonly unknownExtensions: readonly UnknownExtension[];
  /** A password for the authority (SCEP, EST); null for none. It is left out of JSON. */
  readonly challengePassword!: string | null;

  /** Requests come from readRequest(). */
  constructor({ der, encodedSubject, publicKey, signature, extensions, challengePassword }: RequestParts) {
    this.der = der;
    this.encodedSubject = encodedSubject;
    this.subjectName = readName(encodedSubject);
    this.publicKey = publicKey;
    this.signature = signature;
    this.names = extensions.names;
    this.otherNames = extensions.otherNames;
    this.keyUsage = extensions.keyUsage;
    this.extendedKeyUsage = extensions.extendedKeyUsage;
    this.isAuthority = extensions.isAuthority;
    this.template = extensions.template;
    this.unknownExtensions = extensions.unknownExtensions;
    // console.log() must not show it.
    Object.defineProperty(this, 'challengePassword', { value: challengePassword, enumerable: false });
  }

  /** '-----BEGIN CERTIFICATE REQUEST-----' and so on, with a line end at the end. */
  get pem(): string {
    return toPem('CERTIFICATE REQUEST', this.der);
  }

  /** On one line as Windows shows it: 'CN=www.example.com, O=Example, C=DE'; '' if it is empty. */
  get subject(): string {
    return formatName(this.subjectName);
  }

  /** The subject's common name; null if it has none. */
  get commonName(): string | null {
    return commonNameOf(this.subjectName);
  }

  /** What it asks for, for logs. */
  toJSON(): object {
    const { subject, names, otherNames, keyUsage, extendedKeyUsage, isAuthority, template, signature } = this;
    return {
      subject,
      names,
      otherNames,
      keyUsage,
      extendedKeyUsage,
      isAuthority,
      template,
      signature,
      publicKey: this.publicKey.export({ format: 'jwk' }),
      unknownExtensions: this.unknownExtensions.map(({ oid, critical }) => ({ oid, critical })),
      hasChallengePassword: this.challengePassword !== null,
    };
  }
}
