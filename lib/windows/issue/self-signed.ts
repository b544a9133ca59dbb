import { newContainerName } from '../key/container-name.js';
import { generateKey } from '../key/keys.js';
import { keyNameOf } from '../key/options.js';
import { PrivateKey } from '../key/private-key.js';
import { KeyJournal } from '../key-journal/key-journal.js';
import { native } from '../../native/load.js';
import type { Certificate } from '../store/certificate.js';
import { findCertificate } from '../store/find-certificate.js';
import { formatReference } from '../store/reference.js';
import { type CertificateStore, openStore } from '../store/store.js';
import { parseOptions, type SelfSignedRequest } from './options.js';
import type { SelfSignedOptions } from './self-signed-options.js';
import { signSelf } from '../../formats/x509/certificate-writer.js';

/**
 * Creates a self-signed certificate and adds it to a store, by default CurrentUser\MY. A given key stays open. A new
 * key is closed, or deleted if anything fails.
 *
 * Nobody trusts it until it is also added to Root, or given as `ca`.
 *
 * @returns the certificate in the store. A given store closes it; otherwise the caller does
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
 * @throws SchannelError what generateKey(), PrivateKey.sign(), openStore() and CertificateStore.add() throw
 */
export async function createSelfSigned(options: SelfSignedOptions): Promise<Certificate> {
  const request = parseOptions(options);
  if (typeof request.store !== 'string') return issueInto(request, request.store);
  const store = await openStore(request.store);
  try {
    const { thumbprint } = await issueInto(request, store);
    return await findCertificate(formatReference(store.path, thumbprint));
  } finally {
    store.close();
  }
}

async function issueInto(request: SelfSignedRequest, store: CertificateStore): Promise<Certificate> {
  const { key } = request;
  if (key instanceof PrivateKey) return issueFor(request, key, store);
  const name = key.name ?? newContainerName('self-signed');
  const wanted = { machine: store.location.startsWith('LocalMachine'), ...key, name };
  const journal = new KeyJournal(native());
  try {
    await journal.note(keyNameOf(name, wanted), store.path);
    const certificate = await issueWith(request, await generateKey(wanted), store);
    await journal.done();
    return certificate;
  } finally {
    journal.giveUp();
  }
}

async function issueWith(
  request: SelfSignedRequest,
  made: PrivateKey,
  store: CertificateStore,
): Promise<Certificate> {
  try {
    const certificate = await issueFor(request, made, store);
    await made.close();
    return certificate;
  } catch (error) {
    // The first failure is the one to report.
    await made.delete().catch(() => undefined);
    throw error;
  }
}

async function issueFor(
  { content, friendlyName }: SelfSignedRequest,
  key: PrivateKey,
  store: CertificateStore,
): Promise<Certificate> {
  const der = await signSelf(content, key);
  return store.add(der, {
    onExisting: 'error',
    keyLocation: key.location,
    ...(friendlyName !== undefined && { friendlyName }),
  });
}
