import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import { checkOneOf } from '../key/arguments.js';
import { parseReference } from '../store/reference.js';
import { type CertificateStore, openStore } from '../store/store.js';
import { pendingOf, type PendingRequest, publicKeyIn, REQUEST_STORE } from './stand-in.js';
import type { RequestLocation } from './request-options.js';

export interface PendingOptions {
  /** Default both. The machine's are left out if this account may not read them. */
  readonly location?: RequestLocation | undefined;
}

/** A pending request, and the certificates that have its key. */
export interface ListedRequest extends PendingRequest {
  /**
   * References of certificates with this key in MY, WebHosting and Remote Desktop: the one that is renewed if its key
   * is used again, and the new one if a program ended after it was installed and before the entry of the request was
   * removed. Completing the request again removes the entry.
   */
  readonly certificates: readonly string[];
}

/**
 * The requests that wait for their certificate, oldest first: those of createRequest(), IIS, certreq and others.
 *
 * @throws SchannelError ERR_SCHANNEL_STORE_ACCESS_DENIED for a given location
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export async function pendingRequests({ location }: PendingOptions = {}): Promise<ListedRequest[]> {
  checkOneOf('location', LOCATIONS, location);
  // The user's store also shows the entries of the machine ("System Store Locations").
  const ofMachine = await pendingIn('LocalMachine', location !== 'LocalMachine');
  const inherited = new Set(ofMachine.map(({ reference }) => thumbprintOf(reference)));
  const ofUser = location === 'LocalMachine' ? [] : await pendingIn('CurrentUser', location === undefined);
  const own = ofUser.filter(({ reference }) => !inherited.has(thumbprintOf(reference)));
  const found = location === 'CurrentUser' ? own : [...ofMachine, ...own];
  return found.sort((one, other) => one.created.getTime() - other.created.getTime());
}

const thumbprintOf = (reference: string): string => parseReference(reference).thumbprint;

const LOCATIONS = ['CurrentUser', 'LocalMachine'] as const;

/**
 * One pending request by its reference, its thumbprint or its friendly name.
 *
 * @throws SchannelError ERR_SCHANNEL_REQUEST_NOT_FOUND, ERR_SCHANNEL_REQUEST_AMBIGUOUS
 */
export async function findPending(name: string): Promise<ListedRequest> {
  const pending = await pendingRequests();
  const isNamed = matcherOf(name);
  const [found, ...others] = pending.filter(isNamed);
  if (found === undefined) throw notFound(`No pending request is named ${printable(name)}`, pending);
  if (others.length === 0) return found;
  const names = [found, ...others].map(({ reference }) => reference).join(', ');
  throw new SchannelError(
    'ERR_SCHANNEL_REQUEST_AMBIGUOUS',
    `${others.length + 1} pending requests are named ${printable(name)}: ${names}`,
    { phase: 'store', advice: 'Select one by its reference.' },
  );
}

function matcherOf(name: string): (request: PendingRequest) => boolean {
  try {
    const { store, thumbprint } = parseReference(name);
    return ({ reference }) => {
      const each = parseReference(reference);
      return each.thumbprint === thumbprint && (store === null || store.path === each.store?.path);
    };
  } catch {
    const wanted = name.toLowerCase();
    return ({ friendlyName, subject }) =>
      [friendlyName?.toLowerCase(), subject.toLowerCase()].includes(wanted);
  }
}

/** ERR_SCHANNEL_REQUEST_NOT_FOUND. @param what the beginning of the message, without a full stop */
export function notFound(what: string, pending: readonly PendingRequest[]): SchannelError {
  const names = pending.slice(0, SHOWN).map((each) => `${describe(each)} (${each.reference})`);
  const more = pending.length > SHOWN ? ` and ${pending.length - SHOWN} more` : '';
  const there = names.length === 0 ? 'Nothing is pending here' : `Pending here: ${names.join(', ')}${more}`;
  return new SchannelError('ERR_SCHANNEL_REQUEST_NOT_FOUND', `${what}. ${there}`, {
    phase: 'store',
    advice:
      'Complete a request on the machine, by the account and in the location (user or machine) where it was made. If only its entry was deleted, search for the key ("--search-keys").',
  });
}

const SHOWN = 5;

const describe = ({ subject, friendlyName }: PendingRequest): string =>
  printable(friendlyName ?? subject, 80);

async function pendingIn(location: RequestLocation, isOptional: boolean): Promise<ListedRequest[]> {
  using store = await openForReading(REQUEST_STORE, location, isOptional);
  if (store === null) return [];
  const requests = (await store.all()).map((entry) => pendingOf(entry, store.path));
  if (requests.length === 0) return [];
  const owners = await keyOwners(location);
  return requests.map((request) => ({ ...request, certificates: certificatesOf(request, owners) }));
}

/** A certificate that may have the key of a request. */
interface Owner {
  readonly reference: string;
  readonly publicKey: PendingRequest['publicKey'];
}

/** Where certificates with a key are put. Not every Windows has all of these stores. */
async function keyOwners(location: RequestLocation): Promise<Owner[]> {
  const owners: Owner[] = [];
  for (const name of ['MY', 'WebHosting', 'Remote Desktop']) {
    using store = await openForReading(name, location, true);
    if (store === null) continue;
    for (const certificate of await store.all()) {
      if (!certificate.hasPrivateKey) continue;
      owners.push({
        reference: `${store.path}\\${certificate.thumbprint}`,
        publicKey: publicKeyIn(certificate),
      });
    }
  }
  return owners;
}

const certificatesOf = ({ publicKey }: PendingRequest, owners: readonly Owner[]): string[] =>
  owners
    .filter((owner) => publicKey !== null && owner.publicKey?.equals(publicKey) === true)
    .map(({ reference }) => reference);

/** @param isOptional null instead of an error for a store that is missing or closed to this account */
async function openForReading(
  name: string,
  location: RequestLocation,
  isOptional: boolean,
): Promise<CertificateStore | null> {
  try {
    return await openStore(name, { location, readOnly: true, archived: true });
  } catch (error) {
    const isMissing =
      error instanceof SchannelError &&
      ['ERR_SCHANNEL_STORE_NOT_FOUND', 'ERR_SCHANNEL_STORE_ACCESS_DENIED'].includes(error.code);
    if (isOptional && isMissing) return null;
    throw error;
  }
}
