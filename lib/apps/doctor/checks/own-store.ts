import { callNativeVoid, callNative } from '../../../native/promises.js';
import type { NativeCertificate, NativeStore, NativeWatch } from '../../../native/store-binding.js';
import { openStore } from '../../../windows/store/store.js';
import { makeIdentity } from '../certificates.js';
import { absent, type Check, found, type Json, works } from '../check.js';
import { ownStore } from '../own-store.js';

/** CERT_FIRST_USER_PROP_ID. */
const USER_PROPERTY = 0x8000;
const setProperty = (certificate: NativeCertificate, id: number, value: Uint8Array): Promise<void> =>
  callNativeVoid({ phase: 'store' }, (callback) => {
    certificate.setProperty(id, value, callback);
  });

const properties: Check = {
  id: 'store.properties',
  title: 'Does a store keep a certificate with its properties?',
  writes: true,
  vital: true,
  async run(context) {
    const store = await ownStore(context);
    const certificate = context.native.createCertificate(makeIdentity('ec').der);
    context.cleanup.add('a certificate in memory', () => {
      certificate.close();
    });
    const user = await setProperty(certificate, USER_PROPERTY, Buffer.from('user')).then(
      () => true,
      () => false,
    );
    const added = await store.add(Buffer.from(certificate.encoded), { friendlyName: 'Prüfling' });
    const archived = await added.archive().then(
      () => true,
      () => false,
    );
    const again = await openStore(store.path, { archived: true });
    try {
      const seen = await again.findOne({ thumbprint: added.thumbprint });
      const data: Record<string, Json> = {
        kept: seen !== null,
        friendlyName: seen?.friendlyName === 'Prüfling',
        archivedSet: archived,
        archivedKept: seen?.archived ?? false,
        userPropertySet: user,
      };
      if (seen === null) return { verdict: 'broken', text: 'The certificate is not kept.', data };
      return data['friendlyName'] === true
        ? works('Yes.', data)
        : found('The certificate is kept, but not all of its properties.', data);
    } finally {
      again.close();
    }
  },
};

const notifications: Check = {
  id: 'store.notifications',
  title: 'Does Windows report changes of a store (NOTIFY_CHANGE)?',
  writes: true,
  vital: false,
  async run(context) {
    const store = await ownStore(context);
    const watch = await callNative<NativeWatch>({ phase: 'store' }, (callback) => {
      (store.native as Pick<NativeStore, 'watch'>).watch(callback);
    });
    const close = context.cleanup.add('a watch', () => {
      watch.close();
    });
    const started = performance.now();
    const told = new Promise<boolean>((resolve) => {
      watch.next(({ status }) => {
        resolve(status === 0);
      });
    });
    const other = await openStore(store.path);
    try {
      await other.add(makeIdentity('ec').der);
    } finally {
      other.close();
    }
    const late = setTimeout(() => void close.now(), PATIENCE_MS);
    const isTold = await told;
    clearTimeout(late);
    const milliseconds = Math.round(performance.now() - started);
    return isTold
      ? works(`Yes, after ${milliseconds} ms.`, { milliseconds })
      : absent('No. Stores are polled instead.');
  },
};

/** How long to wait for a notification. */
const PATIENCE_MS = 5000;

/** The behavior of a user's store, tried in a new one that is deleted afterwards. */
export const OWN_STORE_CHECKS: readonly Check[] = [properties, notifications];
