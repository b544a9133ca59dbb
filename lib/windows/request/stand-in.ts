import type { KeyObject } from 'node:crypto';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { readRequest } from '../../formats/request/request-reader.js';
import { signSelf } from '../../formats/x509/certificate-writer.js';
import type { Signer } from '../../formats/x509/signed.js';
import { commonName, isEmptyName } from '../../formats/x509/subject.js';
import { native } from '../../native/load.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import { certificateWithKey } from '../key/certificate-with-key.js';
import { Certificate } from '../store/certificate.js';
import {
  OWN_PROPERTY,
  PROPERTY,
  readProperty,
  readText,
  writeProperty,
  writeText,
} from '../store/properties.js';
import { parseReference } from '../store/reference.js';
import type { RequestLocation } from './request-options.js';
import { readSubmission, type Submission } from './submission.js';

/**
 * The entry of a pending request in the store REQUEST ("Certificate Enrollment Requests"), as Windows' own tools write
 * it: a self-signed certificate that has the key of the request, and whose properties the issued certificate inherits
 * (IX509Enrollment::CreateRequest, InstallResponse).
 */

/** The store of pending requests. */
export const REQUEST_STORE = 'REQUEST';

/** A request that waits for its certificate. */
export interface PendingRequest {
  /** 'CurrentUser\\REQUEST\\<thumbprint>': the name of its entry. */
  readonly reference: string;
  readonly location: RequestLocation;
  /** On one line as Windows shows it. */
  readonly subject: string;
  readonly friendlyName: string | null;
  readonly created: Date;
  /** Null for a key that OpenSSL does not know. */
  readonly publicKey: KeyObject | null;
  /** Where its private key is; null if the entry does not say. */
  readonly keyLocation: NativeKeyLocation | null;
  /** What was asked for; null for a request of another program, whose entry only has the key. */
  readonly request: CertificateRequest | null;
  /** Reference of the certificate that it renews; null for none. */
  readonly renews: string | null;
  /** Where it was sent and waits; null if it was not sent by submitRequest() of the command line, or was refused. */
  readonly submission: Submission | null;
}

const DAY_MS = 86_400_000;

/**
 * The validity of an entry has no meaning, but programs that remove what is expired must not take it, and authorities
 * may take months.
 */
const VALID_DAYS = 3650;

/** The certificate (DER) that stands for a request until it is completed. */
export function signStandIn(request: CertificateRequest, key: Signer, now = new Date()): Promise<Buffer> {
  const { encodedSubject, names } = request;
  // An issuer must have a name (RFC 5280 §4.1.2.4).
  const first = [names.dns, names.ip, names.email, names.upn, names.uri].flat()[0] ?? 'request';
  return signSelf(
    {
      subject: isEmptyName(encodedSubject) ? commonName(first.slice(0, 64)) : encodedSubject,
      names,
      notBefore: now,
      notAfter: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    },
    key,
  );
}

/** What a stand-in is given besides its key. */
export interface StandInProperties {
  readonly request: Uint8Array;
  readonly friendlyName: string | undefined;
  readonly renews: string | null;
}

/**
 * The stand-in with all its properties, in no store yet: whatever is added to the store is complete. Close it.
 */
export async function standInOf(
  der: Uint8Array,
  location: NativeKeyLocation,
  { request, friendlyName, renews }: StandInProperties,
): Promise<Certificate> {
  const certificate = await certificateWithKey(native(), der, location);
  try {
    await writeProperty(certificate, OWN_PROPERTY.request, request);
    if (renews !== null) await writeText(certificate, OWN_PROPERTY.renews, renews);
    if (friendlyName !== undefined) await writeText(certificate, PROPERTY.friendlyName, friendlyName);
  } catch (error) {
    certificate.close();
    throw error;
  }
  return new Certificate(certificate, null);
}

/** What an entry of the store says. The entry may be that of another program. */
export function pendingOf(entry: Certificate, path: string): PendingRequest {
  const location = path.startsWith('LocalMachine') ? 'LocalMachine' : 'CurrentUser';
  return {
    reference: `${path}\\${entry.thumbprint}`,
    location,
    subject: entry.subject,
    friendlyName: entry.friendlyName,
    created: entry.validFrom,
    publicKey: publicKeyIn(entry),
    keyLocation: entry.keyLocation,
    request: requestIn(entry),
    renews: renewedBy(entry),
    submission: readSubmission(readText(entry.native, OWN_PROPERTY.submission)),
  };
}

/** Any program of this user can write the property: it is believed only if it is a request for this key. */
function requestIn(entry: Certificate): CertificateRequest | null {
  const property = readProperty(entry.native, OWN_PROPERTY.request);
  if (property === null) return null;
  try {
    const request = readRequest(property);
    return publicKeyIn(entry)?.equals(request.publicKey) === true ? request : null;
  } catch {
    return null;
  }
}

function renewedBy(entry: Certificate): string | null {
  const reference = readText(entry.native, OWN_PROPERTY.renews);
  if (reference === null) return null;
  try {
    parseReference(reference);
    return reference;
  } catch {
    return null;
  }
}

/** Null for a key that OpenSSL does not know. */
export function publicKeyIn(certificate: Certificate): KeyObject | null {
  try {
    return certificate.publicKey;
  } catch {
    return null;
  }
}
