import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { readRequest } from '../../formats/request/request-reader.js';
import { requestedExtensions, signRequest } from '../../formats/request/request-writer.js';
import type { KeyUsage } from '../../formats/x509/usages.js';
import { newContainerName } from '../key/container-name.js';
import type { GenerateKeyOptions } from '../key/generate.js';
import { generateKey, openKey, removeKey } from '../key/keys.js';
import { keyNameOf } from '../key/options.js';
import { PrivateKey } from '../key/private-key.js';
import { KeyJournal } from '../key-journal/key-journal.js';
import { native } from '../../native/load.js';
import type { Certificate } from '../store/certificate.js';
import { findCertificate } from '../store/find-certificate.js';
import { parseReference } from '../store/reference.js';
import { openStore } from '../store/store.js';
import { checkRequestOptions, type RequestWishes, wishesOf } from './parse-options.js';
import { keyLike, renewableOf } from './renewable.js';
import type { RequestLocation, RequestOptions } from './request-options.js';
import { pendingOf, type PendingRequest, REQUEST_STORE, signStandIn, standInOf } from './stand-in.js';

/** A request that was created. `request.pem` is for the authority. */
export type CreatedRequest = PendingRequest & { readonly request: CertificateRequest };

/**
 * Creates a key in Windows and a certificate request (PKCS #10) for it. Until {@link completeRequest} the request is an
 * entry of the store REQUEST, as one of IIS or certreq: it has the key, the friendly name and the request itself. The
 * private key never leaves its provider.
 *
 * If anything fails, a new key is deleted.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError what generateKey(), PrivateKey.sign(), openStore() and CertificateStore.add() throw;
 *   ERR_SCHANNEL_REQUEST_KEY for an RSA key of less than 2048 bits
 */
export async function createRequest(options: RequestOptions): Promise<CreatedRequest> {
  checkRequestOptions(options);
  const { renew } = options;
  if (renew === undefined) return create(options, wishesOf(options), null);
  const certificate = typeof renew === 'string' ? await findCertificate(renew) : renew;
  try {
    return await create(options, wishesOf(options, renewableOf(certificate)), certificate);
  } finally {
    if (certificate !== renew) certificate.close();
  }
}

async function create(
  options: RequestOptions,
  wishes: RequestWishes,
  renewed: Certificate | null,
): Promise<CreatedRequest> {
  const location = options.location ?? locationOf(renewed) ?? 'CurrentUser';
  if (options.key instanceof PrivateKey) return stand(options, wishes, renewed, options.key, location);
  if (options.existingKey !== undefined) {
    await using key = await openKey(options.existingKey);
    return await stand(options, wishes, renewed, key, location);
  }
  if (options.sameKey === true && renewed !== null) {
    await using key = await renewed.openPrivateKey(options.dialog);
    return await stand(options, wishes, renewed, key, location);
  }
  const name = options.key?.name ?? newContainerName('request');
  const wanted = {
    machine: location === 'LocalMachine',
    ...(renewed === null ? {} : keyLike(renewed)),
    ...given(options.key),
    name,
  };
  const journal = new KeyJournal(native());
  try {
    await journal.note(keyNameOf(name, wanted), `${location}\\${REQUEST_STORE}`);
    const created = await standWith(options, wishes, renewed, await generateKey(wanted), location);
    await journal.done();
    return created;
  } finally {
    journal.giveUp();
  }
}

/** With a key that was made for it, and goes if it fails. */
async function standWith(
  options: RequestOptions,
  wishes: RequestWishes,
  renewed: Certificate | null,
  key: PrivateKey,
  location: RequestLocation,
): Promise<CreatedRequest> {
  try {
    return await stand(options, wishes, renewed, key, location, () => key.close());
  } catch (error) {
    // The first failure is the one to report.
    await key
      .close()
      .then(() => removeKey(key.location))
      .catch(() => undefined);
    throw error;
  }
}

/**
 * Signs the request and puts it into the store.
 *
 * @param beforeStored called when the key is no longer needed. Wine's CSP writes a new container only when its handle
 *   is given back
 */
async function stand(
  options: RequestOptions,
  wishes: RequestWishes,
  renewed: Certificate | null,
  key: PrivateKey,
  location: RequestLocation,
  beforeStored: () => Promise<void> = () => Promise.resolve(),
): Promise<CreatedRequest> {
  const keyUsage = wishes.keyUsage ?? usagesOf(key);
  const extensions = requestedExtensions({ ...wishes, keyUsage }, wishes.subject.length > 0);
  const der = await signRequest(
    { subject: wishes.subject, extensions },
    key,
    options.padding,
    options.digest,
  );
  const request = readRequest(der);
  const standIn = await standInOf(await signStandIn(request, key), key.location, {
    request: der,
    friendlyName: options.friendlyName ?? renewed?.friendlyName ?? undefined,
    renews: renewed?.reference ?? null,
  });
  try {
    await beforeStored();
    using store = await openStore(REQUEST_STORE, { location });
    using entry = await store.add(standIn, { onExisting: 'error' });
    return { ...pendingOf(entry, store.path), request };
  } finally {
    standIn.close();
  }
}

/** Without options that are undefined: they must not take the place of those of the certificate to renew. */
const given = (options: GenerateKeyOptions = {}): GenerateKeyOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** An RSA key may also have to decrypt the secret of a TLS 1.2 handshake. */
const usagesOf = ({ facts }: PrivateKey): readonly KeyUsage[] =>
  facts.algorithm === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];

/** Null for a certificate in no store of this user or machine. */
function locationOf(certificate: Certificate | null): RequestLocation | null {
  const store = certificate?.reference == null ? null : parseReference(certificate.reference).store;
  return store?.location === 'LocalMachine' || store?.location === 'CurrentUser' ? store.location : null;
}
