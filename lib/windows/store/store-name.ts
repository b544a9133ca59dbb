import { argumentError } from '../../base/errors/argument-error.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { findLocation, isRemotable, needsOwner, STORE_LOCATIONS, type StoreLocation } from './locations.js';
import { canonicalStore } from './well-known-stores.js';

/** The full name of a store. */
export interface StoreName {
  readonly location: StoreLocation;
  /** 'MY', 'Root', … in Windows' own spelling where it is a well-known one. */
  readonly name: string;
  /**
   * The service or the user (security identifier) that owns it, in the locations Services and Users; otherwise null.
   */
  readonly owner: string | null;
  /** Another computer; null for this one. */
  readonly computer: string | null;
  /** A physical part of the store, such as '.Default'; null for the whole store. */
  readonly physical: string | null;
  /** The whole name: 'CurrentUser\\MY', 'Services\\W3SVC\\MY', 'LocalMachine\\Root\\.AuthRoot'. */
  readonly path: string;
}

/**
 * Parses the name of a store: 'MY', 'Personal', 'LocalMachine\\Root', 'Services\\W3SVC\\MY', 'Cert:\\CurrentUser\\My'
 * (PowerShell), '\\\\host\\CA'. Case does not matter, and '/' separates as '\\' does.
 *
 * @param location where the store is, if the name does not say so; default 'CurrentUser'
 * @throws SchannelError ERR_SCHANNEL_STORE_NAME
 */
export function parseStoreName(text: string, location?: StoreLocation): StoreName {
  if (typeof text !== 'string') {
    throw argumentError('ERR_INVALID_ARG_TYPE', `The "name" argument must be a string`);
  }
  const given = location === undefined ? null : parseLocation(location);
  const parts = split(text);
  const named = parts.length > 1 ? findLocation(parts[0] ?? '') : null;
  if (named !== null && given !== null && named !== given) {
    throw refusal(text, `it names ${named}, and the option "location" ${given}`);
  }
  const where = named ?? given ?? 'CurrentUser';
  return resolve(text, where, named === null ? parts : parts.slice(1));
}

/** @throws SchannelError ERR_SCHANNEL_STORE_NAME */
function parseLocation(text: string): StoreLocation {
  const location = findLocation(text);
  if (location === null) throw refusal(text, `the locations are ${STORE_LOCATIONS.join(', ')}`);
  return location;
}

const split = (text: string): readonly string[] =>
  text
    .replace(/^cert:[\\/]*/i, '')
    .split(/[\\/]/)
    .map((part) => part.trim());

function resolve(text: string, location: StoreLocation, parts: readonly string[]): StoreName {
  // '\\host\…' starts with two separators.
  const isRemote = parts.length > 2 && parts[0] === '' && parts[1] === '';
  const computer = isRemote ? (parts[2] ?? '') : null;
  if (isRemote && !isRemotable(location)) throw refusal(text, `another computer has no ${location}`);
  const rest = isRemote ? parts.slice(3) : parts;
  const owner = needsOwner(location) ? (rest[0] ?? '') : null;
  const [store, physical = null, ...more] = owner === null ? rest : rest.slice(1);
  if (owner !== null && store === undefined) {
    throw refusal(text, `the owner comes before the store: '${location}\\${ownerExample(location)}\\MY'`);
  }
  const names = [computer, owner, store ?? '', physical].filter((part) => part !== null);
  // eslint-disable-next-line no-control-regex -- no such character is part of a name, and NUL would cut it
  if (names.some((part) => part === '' || /[\u0000-\u001f]/.test(part))) {
    throw refusal(text, "it is of the form 'MY' or 'LocalMachine\\Root'");
  }
  if (more.length > 0) throw refusal(text, 'it has too many parts');
  if (physical !== null && !physical.startsWith('.')) {
    throw refusal(
      text,
      /^[0-9a-f]{40}$/i.test(physical)
        ? 'it names a certificate: findCertificate() gives that'
        : `'${parts[0] ?? ''}' is no location; those are ${STORE_LOCATIONS.join(', ')}`,
    );
  }
  const name = canonicalStore(store ?? '');
  const host = computer === null ? null : `\\\\${computer}`;
  const path = [location, host, owner, name, physical].filter((part) => part !== null).join('\\');
  return Object.freeze({ location, name, owner, computer, physical, path });
}

const ownerExample = (location: StoreLocation): string =>
  location === 'Users' ? 'S-1-5-21-…' : 'name of the service';

const refusal = (text: string, why: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_STORE_NAME', `'${text}' does not name a certificate store: ${why}`, {
    phase: 'store',
    advice: "Name it as 'MY', 'Root', 'LocalMachine\\MY' or 'Services\\W3SVC\\MY'.",
  });
