import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import type { AlternativeNames } from '../../formats/x509/alternative-names.js';
import { Undo } from '../../windows/import-export/undo.js';
import { newContainerName } from '../../windows/key/container-name.js';
import { generateKey, listKeys, removeKey } from '../../windows/key/keys.js';
import type { PrivateKey } from '../../windows/key/private-key.js';
import type { Certificate } from '../../windows/store/certificate.js';
import { makeAuthority, makeLeaf } from './certificates.js';
import { defaultNames, treesFor } from './names.js';
import { hostNames } from '../../formats/x509/alternative-names.js';
import { canIssue, DevStores, isIssuedBy, missingNames, type StoredAuthority } from './stores.js';

export interface DevCertOptions {
  /**
   * Host names and addresses, '*.bar.test' for one level. Default 'localhost', '127.0.0.1', '::1' and the name of this
   * machine.
   */
  readonly names?: readonly string[] | undefined;
  /** Puts everything into the stores of the machine, which needs an administrator. Default false. */
  readonly machine?: boolean | undefined;
  /** Whether the server's key can be exported, for a program that needs files. Default false. */
  readonly exportable?: boolean | undefined;
}

/** What the development certificate is, and what was done for it. */
export interface DevCert {
  /**
   * 'kept': one was there. 'renewed': the authority that is trusted already issued a new one. 'created': a new
   * authority is trusted now.
   */
  readonly action: 'kept' | 'renewed' | 'created';
  /** 'CurrentUser\\MY\\<thumbprint>', for the option `certificate` of createServer(). */
  readonly reference: string;
  readonly names: readonly string[];
  readonly validTo: Date;
  /** The root that Windows trusts, PEM: for programs that do not ask Windows. */
  readonly root: string;
}

/** Whether there is a development certificate that can be used. */
export interface DevCertState {
  /** 'due': it ends within 30 days. 'incomplete': it lacks a name, or a part of it is gone. */
  readonly state: 'ready' | 'due' | 'incomplete' | 'missing';
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[];
  /** Null if there is none. */
  readonly reference: string | null;
  readonly validTo: Date | null;
}

const DAY_MS = 86_400_000;
const RENEWED_BEFORE_DAYS = 30;

/**
 * Makes sure that browsers and other programs on this machine trust a certificate for local servers, and returns it.
 *
 * If there is none, a root is made that may only stand for the given names and for private ones (.localhost, .test,
 * .internal, private addresses). It signs one authority below it. Then its key is deleted, so that nobody can issue
 * anything else in its name. Windows asks the user whether to trust it, except for the machine's stores. The keys of
 * the authority and of the server are made in Windows.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an invalid name
 * @throws SchannelError ERR_SCHANNEL_STORE_CANCELLED if the user does not agree, or there is no desktop to ask on;
 *   ERR_SCHANNEL_STORE_ACCESS_DENIED; what generateKey() throws. An authority that is trusted by then stays, and the
 *   next call uses it; nothing else is left
 */
export async function ensureDevCert(options: DevCertOptions = {}): Promise<DevCert> {
  const wanted = wantedOf(options);
  using stores = await DevStores.open(wanted.location);
  const present = await usableLeaf(stores, wanted);
  if (present !== null) return describe('kept', present.leaf, present.authority.root.pem);
  const authorities = await stores.authorities();
  const trusted = authorities.find((authority) => canIssue(authority, wanted.names, wanted.until));
  const authority = trusted ?? (await undoing((undo) => createAuthority(stores, wanted, undo)));
  const leaf = await undoing((undo) => issue(stores, authority, wanted, undo));
  return describe(trusted === undefined ? 'created' : 'renewed', leaf, authority.root.pem);
}

/** Undoes what was done if the work fails. */
async function undoing<Result>(work: (undo: Undo) => Promise<Result>): Promise<Result> {
  const undo = new Undo();
  try {
    return await work(undo);
  } catch (error) {
    throw await undo.rollBack(error);
  }
}

/** Says what {@link ensureDevCert} would find, and changes nothing. @throws as {@link ensureDevCert} */
export async function checkDevCert(options: DevCertOptions = {}): Promise<DevCertState> {
  const wanted = wantedOf(options);
  using stores = await DevStores.open(wanted.location);
  const [newest] = await stores.leaves();
  if (newest === undefined) {
    return {
      state: 'missing',
      problems: ['There is no development certificate.'],
      reference: null,
      validTo: null,
    };
  }
  const usable = await usableLeaf(stores, { ...wanted, until: new Date() });
  const leaf = usable?.leaf ?? newest;
  const problems = usable === null ? await problemsOf(stores, newest, wanted) : [];
  const isDue = leaf.validTo <= wanted.until;
  return {
    state: problems.length > 0 ? 'incomplete' : isDue ? 'due' : 'ready',
    problems: isDue ? [...problems, `It ends on ${leaf.validTo.toISOString().slice(0, 10)}.`] : problems,
    reference: leaf.reference,
    validTo: leaf.validTo,
  };
}

/**
 * Removes what {@link ensureDevCert} made: certificates, authorities, roots and their keys. For roots of the user,
 * Windows asks.
 *
 * @returns the subjects of the certificates that were removed
 * @throws SchannelError ERR_SCHANNEL_STORE_CANCELLED, ERR_SCHANNEL_STORE_ACCESS_DENIED
 */
export async function removeDevCert({ machine = false }: Pick<DevCertOptions, 'machine'> = {}): Promise<
  readonly string[]
> {
  using stores = await DevStores.open(machine ? 'LocalMachine' : 'CurrentUser');
  const removed: string[] = [];
  const remove = async (
    store: DevStores['my'],
    certificates: readonly Certificate[],
    withKey: boolean,
  ): Promise<void> => {
    for (const certificate of certificates) {
      const { subject } = certificate;
      await store.remove(certificate, { withKey });
      removed.push(subject);
    }
  };
  // Roots last: as long as one is trusted, a second run finds what is left of the rest.
  await remove(stores.my, await stores.leaves(), true);
  await remove(stores.ca, await stores.issuing(), true);
  await remove(stores.root, await stores.roots(), false);
  await removeStrayKeys(machine);
  return removed;
}

/** Removes keys that got no certificate because their process was ended. */
async function removeStrayKeys(machine: boolean): Promise<void> {
  for (const location of await listKeys(machine)) {
    if (!location.container.startsWith(KEY_PREFIX)) continue;
    try {
      await removeKey(location);
    } catch (error) {
      // A key of a CSP may be listed by CNG as well.
      if (!(error instanceof SchannelError) || error.code !== 'ERR_SCHANNEL_KEY_NOT_FOUND') throw error;
    }
  }
}

/** Options after the check. */
interface Wanted {
  readonly names: AlternativeNames;
  readonly location: 'CurrentUser' | 'LocalMachine';
  readonly exportable: boolean;
  /** A certificate has to be valid longer than this. */
  readonly until: Date;
}

function wantedOf({ names = defaultNames(), machine = false, exportable = false }: DevCertOptions): Wanted {
  return {
    names: hostNames(names),
    location: machine ? 'LocalMachine' : 'CurrentUser',
    exportable,
    until: daysFrom(new Date(), RENEWED_BEFORE_DAYS),
  };
}

interface Usable {
  readonly leaf: Certificate;
  readonly authority: StoredAuthority;
}

async function usableLeaf(stores: DevStores, wanted: Wanted): Promise<Usable | null> {
  const authorities = await stores.authorities();
  for (const leaf of await stores.leaves()) {
    if (leaf.validTo <= wanted.until || missingNames(leaf, wanted.names).length > 0) continue;
    const authority = authorities.find(({ issuing }) => isIssuedBy(leaf, issuing));
    if (authority !== undefined && (await keyServes(leaf, wanted))) return { leaf, authority };
  }
  return null;
}

async function keyServes(leaf: Certificate, { exportable }: Wanted): Promise<boolean> {
  const key = await leaf.inspectKey();
  return key?.usable === true && (!exportable || key.exportable === 'yes');
}

async function problemsOf(stores: DevStores, leaf: Certificate, wanted: Wanted): Promise<string[]> {
  const missing = missingNames(leaf, wanted.names);
  const authorities = await stores.authorities();
  const isTrusted = authorities.some(({ issuing }) => isIssuedBy(leaf, issuing));
  return [
    ...(missing.length === 0 ? [] : [`It does not cover ${missing.join(', ')}.`]),
    ...(isTrusted ? [] : ['Its authority or the root of that is gone.']),
    ...((await keyServes(leaf, wanted))
      ? []
      : [wanted.exportable ? 'Its key cannot be exported.' : 'Its private key cannot be used.']),
  ];
}

async function createAuthority(stores: DevStores, wanted: Wanted, undo: Undo): Promise<StoredAuthority> {
  const key = await newKey(wanted, { exportable: false }, undo);
  try {
    const made = await makeAuthority(
      {
        host: hostname(),
        id: randomBytes(4).toString('hex'),
        trees: treesFor(wanted.names),
        now: new Date(),
      },
      key,
    );
    const issuing = await stores.ca.add(made.issuing, {
      onExisting: 'error',
      keyLocation: key.location,
      friendlyName: FRIENDLY_NAME,
    });
    const { thumbprint } = issuing;
    undo.push(`the authority ${thumbprint}`, () => stores.ca.remove(thumbprint));
    // Here Windows asks the user.
    const root = await stores.root.add(made.root, {
      onExisting: 'error',
      friendlyName: FRIENDLY_NAME,
      trustRoot: true,
    });
    return { issuing, root };
  } finally {
    await key.close();
  }
}

async function issue(
  stores: DevStores,
  { issuing }: StoredAuthority,
  wanted: Wanted,
  undo: Undo,
): Promise<Certificate> {
  const signer = await issuing.openPrivateKey({ silent: true });
  try {
    const key = await newKey(wanted, { exportable: wanted.exportable }, undo);
    try {
      const der = await makeLeaf(wanted.names, key.publicKey, new CertificateContents(issuing.raw), {
        signer,
        now: new Date(),
      });
      return await stores.my.add(der, {
        onExisting: 'error',
        keyLocation: key.location,
        friendlyName: FRIENDLY_NAME,
      });
    } finally {
      await key.close();
    }
  } finally {
    await signer.close();
  }
}

const FRIENDLY_NAME = 'schannel development';
const KEY_PURPOSE = 'dev-cert';
const KEY_PREFIX = `schannel-${KEY_PURPOSE}-`;

/** RSA, which every client and every provider supports. */
async function newKey(
  { location }: Wanted,
  { exportable }: { readonly exportable: boolean },
  undo: Undo,
): Promise<PrivateKey> {
  const key = await generateKey({
    name: newContainerName(KEY_PURPOSE),
    machine: location === 'LocalMachine',
    exportable,
  });
  undo.push(`the key ${key.facts.container ?? ''}`, () => key.delete());
  return key;
}

function describe(action: DevCert['action'], leaf: Certificate, root: string): DevCert {
  return {
    action,
    reference: leaf.reference ?? leaf.thumbprint,
    names: [...leaf.dnsNames, ...leaf.ipAddresses],
    validTo: leaf.validTo,
    root,
  };
}

const daysFrom = (now: Date, days: number): Date => new Date(now.getTime() + days * DAY_MS);
