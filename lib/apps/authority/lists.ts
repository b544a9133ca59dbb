import { integerWithin, numberWithin } from '../../base/errors/argument-error.js';
import { spanAt } from '../../formats/asn1/der-spans.js';
import {
  type RevokedCertificate,
  signRevocationList,
} from '../../formats/revocation/revocation-list-writer.js';
import { parseRevocationLists } from '../../formats/x509/revocation-list.js';
import { toPem } from '../../formats/pem/pem-writer.js';
import { type AuthorityContext, recordingSigner } from './context.js';
import { beginsAt } from './draft.js';
import type { Change } from './ledger.js';
import { type CertificateRecord, hashOf, type ListRecord } from './state.js';

export interface ListOptions {
  /** Only if a new one is due: none is there, it is time to publish the next one, or something was revoked since. */
  readonly ifDue?: boolean | undefined;
  /** Days until it expires, 1 to 366. Default 7. */
  readonly days?: number | undefined;
  /** Days until the next one is due, from an hour (1/24) to `days`. Default a seventh of them. */
  readonly every?: number | undefined;
}

/** The revocation list of an authority. */
export interface PublishedList {
  readonly number: number;
  /** Five minutes before it was made: verifiers whose clocks are slow refuse a list of the future. */
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** When the next one is due. */
  readonly nextPublish: Date;
  readonly der: Buffer;
  readonly pem: string;
  /** DER. */
  readonly file: string;
  /** Whether this call made it. */
  readonly isNew: boolean;
}

const DAY_MS = 86_400_000;

/** The present list, or a new one. */
export async function publishList(
  context: AuthorityContext,
  options: ListOptions = {},
): Promise<PublishedList> {
  if (options.ifDue === true) {
    await context.ledger.refresh();
    const present = await presentList(context);
    if (present !== null && !isDue(context, present)) return present;
  }
  return context.ledger.change((change) => makeList(context, options, change));
}

/** Whether a new list is due. */
const isDue = ({ state, ledger }: AuthorityContext, { nextPublish }: PublishedList): boolean =>
  state.hasNewRevocations || ledger.system.clock.now() >= nextPublish.getTime();

/** The list in its file, if it is the one that was recorded last; else null. */
export async function presentList({ state, folder, init }: AuthorityContext): Promise<PublishedList | null> {
  const { list } = state;
  if (list === null) return null;
  const file = folder.list(init.name);
  const der = await folder.read(file);
  return der === null || bodyHash(der) !== list.body ? null : published(list, der, file, false);
}

/** SHA-256 of what was signed, in a certificate or a list; null for what is neither. */
export function bodyHash(der: Uint8Array): string | null {
  try {
    return hashOf(spanAt(spanAt(der, 0).content, 0).raw);
  } catch {
    return null;
  }
}

/**
 * The number of the list in the file, if this authority signed it; else 0. After an older copy of the log was put back,
 * it is ahead of the log, and verifiers that know it would take a list with a lower number for an old one.
 */
async function numberInFile(context: AuthorityContext): Promise<number> {
  const { state, folder, init } = context;
  const der = await folder.read(folder.list(init.name));
  // Checking the signature of a long list takes time.
  return der === null || bodyHash(der) === state.list?.body ? 0 : numberIn(context, der);
}

/** The number of a list that this authority has signed; 0 for anything else. */
export function numberIn({ authority }: AuthorityContext, der: Uint8Array): number {
  try {
    const [list] = parseRevocationLists(der);
    return list?.isSignedBy(authority.publicKey) === true ? (list.number ?? 0) : 0;
  } catch {
    return 0;
  }
}

/** Makes a list as a part of a change. */
export async function makeList(
  context: AuthorityContext,
  { days = 7, every = days / 7 }: ListOptions,
  change: Change,
): Promise<PublishedList> {
  integerWithin('days', days, 1, 366);
  numberWithin('every', every, 1 / 24, days);
  const { authority, key, state, folder, init } = context;
  const record: Omit<ListRecord, 'body'> = {
    number: Math.max(state.list?.number ?? init.lists, await numberInFile(context)) + 1,
    thisUpdate: beginsAt(change.now),
    nextUpdate: new Date(change.now + days * DAY_MS),
    nextPublish: new Date(change.now + every * DAY_MS),
  };
  const revoked = entriesOf(state.revoked, state.list?.thisUpdate ?? new Date(0));
  const signer = recordingSigner(key, (body) =>
    change.record({
      event: 'crl',
      number: record.number,
      thisUpdate: record.thisUpdate.toISOString(),
      nextUpdate: record.nextUpdate.toISOString(),
      nextPublish: record.nextPublish.toISOString(),
      entries: revoked.length,
      body,
    }),
  );
  const content = {
    ...record,
    issuer: authority.encodedName,
    keyIdentifier: authority.keyIdentifier,
    revoked,
  };
  const der = await signRevocationList(content, signer, init.padding);
  const file = folder.list(init.name);
  await folder.write(file, der);
  return published(record, der, file, true);
}

/**
 * An entry stays until a list was made after its certificate had expired (RFC 5280 §3.3).
 *
 * @param before when the last list was made
 */
const entriesOf = (records: readonly CertificateRecord[], before: Date): RevokedCertificate[] =>
  records
    .filter(({ notAfter }) => notAfter >= before)
    .flatMap(({ serialNumber, revoked }) =>
      revoked === null ? [] : { serialNumber: Buffer.from(serialNumber, 'hex'), ...revoked },
    );

const published = (
  { number, thisUpdate, nextUpdate, nextPublish }: Omit<ListRecord, 'body'>,
  der: Buffer,
  file: string,
  isNew: boolean,
): PublishedList => ({
  number,
  thisUpdate,
  nextUpdate,
  nextPublish,
  der,
  pem: toPem('X509 CRL', der),
  file,
  isNew,
});
