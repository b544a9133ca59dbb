import { domainToASCII } from 'node:url';
import { SchannelError } from '../../../base/errors/schannel-error.js';
import { parseReference, type CertificateReference } from '../../../windows/store/reference.js';
import type { Certificate } from '../../../windows/store/certificate.js';
import type { CertificateQuery } from '../../../windows/store/query.js';
import type { CertificateStore } from '../../../windows/store/store.js';
import type { CertificateLibrary, CommandContext } from '../../command-context.js';
import { styleFor } from '../../terminal.js';
import { UsageError } from '../../usage-error.js';
import { formatEntries } from './entry-table.js';
import { openSelectedStore, type StoreFlags } from './store-flags.js';

/** A certificate that was selected on the command line, in its open store. */
export interface Selection {
  readonly store: CertificateStore;
  readonly entry: Certificate;
}

/** The argument in the help. */
export const NAME_ARGUMENT = '<certificate>';
export const NAME_MEANING = 'thumbprint, Location\\Store\\thumbprint, DNS name or friendly name';

/**
 * Lets `use` have the one certificate of this name, and closes its store afterwards. A DNS name is compared with the
 * names in the certificate as they are: www.example does not select a certificate for *.example, which may belong to
 * someone else.
 *
 * If neither the name nor an option names a store, CurrentUser\MY is searched first, and then LocalMachine\MY.
 *
 * @param standard the store when none is named
 * @throws {UsageError} when several certificates have the name. They are listed on standard error
 * @throws SchannelError ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND
 */
export async function withSelectedCertificate<Result>(
  { certificates, io: { stderr, env } }: CommandContext,
  name: string,
  flags: StoreFlags,
  use: (selection: Selection) => Promise<Result>,
  standard = 'MY',
): Promise<Result> {
  const stores: CertificateStore[] = [];
  try {
    const reference = referenceIn(name);
    for (const open of candidateStores(certificates, reference, flags, standard)) {
      const store = await open();
      if (store === null) continue;
      stores.push(store);
      const found = await store.find(queryFor(name, reference));
      const [entry, ...others] = found;
      if (entry === undefined) continue;
      if (others.length === 0) return await use({ store, entry });
      stderr.write(`${formatEntries(found, styleFor(stderr, env), { full: true }).join('\n')}\n`);
      throw new AmbiguousName(name, found);
    }
    throw notFound(name, stores);
  } finally {
    for (const store of stores) store.close();
  }
}

/** Several certificates have the name. */
export class AmbiguousName extends UsageError {
  /** What selects each of them instead. */
  readonly candidates: readonly string[];

  constructor(name: string, found: readonly Certificate[]) {
    super(`${found.length} certificates are named ${name}. Select one by its thumbprint`);
    this.candidates = found.map(({ reference, thumbprint }) => reference ?? thumbprint);
  }
}

/** Null for a name without a thumbprint. */
function referenceIn(name: string): CertificateReference | null {
  try {
    return parseReference(name);
  } catch {
    return null;
  }
}

type CandidateStore = () => Promise<CertificateStore | null>;

function candidateStores(
  library: CertificateLibrary,
  reference: CertificateReference | null,
  flags: StoreFlags,
  standard: string,
): readonly CandidateStore[] {
  const { store, location } = flags;
  const inReference = reference?.store ?? null;
  if (inReference !== null) {
    if (store !== undefined || location !== undefined) {
      throw new UsageError(
        `The name already says that the certificate is in ${inReference.path}. Leave out --store and --location`,
      );
    }
    // A complete reference also selects an archived certificate.
    return [() => library.openStore(inReference.path, { archived: true })];
  }
  const selected: CandidateStore = () => openSelectedStore(library, flags, standard);
  if (store !== undefined || location !== undefined || standard !== 'MY') return [selected];
  return [selected, () => openIfPossible(library, { ...flags, location: 'LocalMachine' })];
}

/** The second store may be missing, or this account may not open it. */
async function openIfPossible(
  library: CertificateLibrary,
  flags: StoreFlags,
): Promise<CertificateStore | null> {
  try {
    return await openSelectedStore(library, flags, 'MY');
  } catch (error) {
    const code = error instanceof SchannelError ? error.code : '';
    if (code === 'ERR_SCHANNEL_STORE_NOT_FOUND' || code === 'ERR_SCHANNEL_STORE_ACCESS_DENIED') return null;
    throw error;
  }
}

function queryFor(name: string, reference: CertificateReference | null): CertificateQuery {
  if (reference !== null) return { thumbprint: reference.thumbprint };
  const wanted = name.toLowerCase();
  const host = domainToASCII(wanted);
  return {
    where: (entry) =>
      entry.friendlyName?.toLowerCase() === wanted ||
      entry.commonName?.toLowerCase() === wanted ||
      [...entry.dnsNames, ...entry.ipAddresses].some((each) => [wanted, host].includes(each.toLowerCase())),
  };
}

const notFound = (name: string, stores: readonly CertificateStore[]): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
    `No certificate in ${stores.map(({ path }) => path).join(' or ')} is named ${name}`,
    {
      phase: 'store',
      advice:
        'List the certificates with schannel cert ls, and with --store and --location for other stores.',
    },
  );
