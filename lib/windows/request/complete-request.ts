import type { X509Certificate } from 'node:crypto';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { invalidType } from '../../base/errors/argument-error.js';
import { errorCode } from '../../base/errors/error-code.js';
import { printable } from '../../base/text/printable.js';
import { SerialQueue } from '../../base/async/serial-queue.js';
import { bareBase64 } from '../../formats/pem/bare-base64.js';
import { beginsLikePfx } from '../../formats/pfx/envelope.js';
import { certificateInFile } from '../../formats/x509/certificate-of.js';
import { native } from '../../native/load.js';
import type { NativeKeyLocation } from '../../native/store-binding.js';
import type { Placement } from '../import-export/execute-plan.js';
import { limitsOf } from '../import-export/material.js';
import { readMaterialOffThread } from '../import-export/material-off-thread.js';
import type { ImportPlan } from '../import-export/plan.js';
import { type FileSource, readSource } from '../import-export/source.js';
import { WindowsTarget } from '../import-export/windows-target.js';
import { checkBoolean, checkInteger, checkName, checkOneOf } from '../key/arguments.js';
import type { KeyDialogOptions } from '../key/dialog.js';
import type { Certificate } from '../store/certificate.js';
import { parseReference } from '../store/reference.js';
import { openStore } from '../store/store.js';
import { type ChainVerdict, chainVerdict, type MissingPiece } from './chain-verdict.js';
import { matchOf, planCompletion } from './completion-plan.js';
import { whileNoOtherCompletes } from './completion-lock.js';
import { executeCompletion } from './completion-target.js';
import { differencesOf, type RequestDifference } from './differences.js';
import { DEFAULT_KEY_LIMIT, findKey } from './find-key.js';
import { proveKey } from './key-proof.js';
import { findPending, notFound, pendingRequests } from './pending-requests.js';
import type { RequestLocation } from './request-options.js';
import type { PendingRequest } from './stand-in.js';
import { nameSuccessor } from './successor.js';

export interface CompleteOptions {
  /** Which request it completes, by reference or friendly name. Default: the one with the key of the certificate. */
  readonly request?: string | undefined;
  /** The store for the certificate, in the location of the request. Default 'MY'. */
  readonly store?: string | undefined;
  /** Where the request is. Default: the user's, then the machine's. */
  readonly location?: RequestLocation | undefined;
  /** Default the name of the request. */
  readonly friendlyName?: string | undefined;
  /** Whether a root in the file is added to Root, where everything that it issued is trusted. Default false. */
  readonly trustRoot?: boolean | undefined;
  /** Whether the key is searched among all keys if no request has it. Default false: providers may be slow. */
  readonly searchKeys?: boolean | undefined;
  /** Most keys that a search opens. Default 1000. */
  readonly limit?: number | undefined;
  /** How the provider of the key may ask for a PIN. */
  readonly dialog?: KeyDialogOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A completed request. Disposing it closes its certificates; they stay in their stores. */
export interface CompleteResult extends Disposable {
  /** In its store, with its key. */
  readonly certificate: Certificate;
  /** Null if the key was found without a request. */
  readonly request: PendingRequest | null;
  /** The certificate and the authorities of the file, each with its result. */
  readonly placements: readonly Placement<Certificate>[];
  /** Empty if the request of another program does not say what was asked for. */
  readonly differences: readonly RequestDifference[];
  readonly verdict: ChainVerdict;
  readonly missing: readonly MissingPiece[];
  /** Reference of the certificate that it renews and that now names it as its successor; null for none. */
  readonly renewed: string | null;
}

/** Completions of this process run one at a time, as imports do. */
const completions = new SerialQueue();

/**
 * Installs the certificate that an authority issued for a pending request: PEM, Base64, DER or P7B, with or without the
 * authorities above it. The request is found by the public key. The certificate gets the key and the friendly name of
 * the request, intermediate authorities go into CA, and the entry of the request is removed last. If anything fails,
 * everything is undone and the request is still pending.
 *
 * The chain need not be trusted: the result has the verdict of Windows, and what is missing.
 *
 * @param source a path, bytes, or PEM text
 * @throws SchannelError
 * - ERR_SCHANNEL_REQUEST_NOT_FOUND: no request has its key; ERR_SCHANNEL_REQUEST_AMBIGUOUS
 * - ERR_SCHANNEL_IMPORT_…: the file; ERR_SCHANNEL_IMPORT_LEFTOVERS if it failed and not everything could be undone
 * - ERR_SCHANNEL_STORE_…, ERR_SCHANNEL_KEY_…: Windows refuses a certificate or the key
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, Error of node:fs for the path; AbortError
 */
export async function completeRequest(
  source: FileSource,
  options: CompleteOptions = {},
): Promise<CompleteResult> {
  return (await prepareCompletion(source, options)).run();
}

/** A file that was read, and what it completes. */
export interface PreparedCompletion {
  readonly certificate: X509Certificate;
  /** Null if the key was found without a request. */
  readonly request: PendingRequest | null;
  readonly location: RequestLocation;
  /** Intermediate authorities above the certificate, for CA. */
  readonly authorities: readonly X509Certificate[];
  /** For Root, if `trustRoot` is set. */
  readonly roots: readonly X509Certificate[];
  /** Completes it. @throws as {@link completeRequest} for stores and keys */
  run(): Promise<CompleteResult>;
}

/**
 * Reads what an authority sent and finds its request, for a completion that a user confirms first. Nothing is changed.
 *
 * @throws as {@link completeRequest} for the file and the request
 */
export async function prepareCompletion(
  source: FileSource,
  options: CompleteOptions = {},
): Promise<PreparedCompletion> {
  checkOptions(options);
  const certificates = await readCertificates(source, options.signal);
  const found = await find(certificates, options);
  const { certificate, request, location } = found;
  const plan = planCompletion(
    certificate,
    certificate.publicKey,
    certificates,
    request?.friendlyName ?? null,
  );
  const { authorities, roots } = plan;
  const run = (): Promise<CompleteResult> => completions.run(() => complete(found, plan, options));
  return { certificate, request, location, authorities, roots, run };
}

function checkOptions(options: CompleteOptions): void {
  for (const name of ['request', 'store', 'friendlyName'] as const) checkName(name, options[name]);
  for (const name of ['trustRoot', 'searchKeys'] as const) checkBoolean(name, options[name]);
  checkOneOf('location', ['CurrentUser', 'LocalMachine'], options.location);
  checkInteger('limit', options.limit, 1, 1_000_000);
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw invalidType('signal', 'an instance of AbortSignal', options.signal);
  }
}

/** @throws SchannelError ERR_SCHANNEL_IMPORT_… */
async function readCertificates(
  source: FileSource,
  signal: AbortSignal | undefined,
): Promise<X509Certificate[]> {
  const limits = limitsOf();
  const isText =
    typeof source === 'string' && (source.includes('-----BEGIN ') || bareBase64(source) !== null);
  const read = await readSource(isText ? Buffer.from(source) : source, limits.bytes);
  const bytes = bareBase64(read) ?? read;
  if (beginsLikePfx(bytes)) throw pfxGiven();
  const { certificates } = await readMaterialOffThread(
    { kind: 'certificates', bytes, password: undefined, limits },
    signal,
  );
  return certificates.map(({ der }) => certificateInFile(der));
}

/** What completes: the certificate, where its key is, and the request, if there is one. */
interface Found {
  readonly certificate: X509Certificate;
  readonly key: NativeKeyLocation;
  readonly location: RequestLocation;
  readonly request: PendingRequest | null;
}

async function complete(found: Found, plan: ImportPlan, options: CompleteOptions): Promise<CompleteResult> {
  const { certificate, key, request } = found;
  const asked = request?.request ?? null;
  const differences = asked === null ? [] : differencesOf(asked, certificate);
  await proveKey(certificate, key, options.dialog ?? {});
  const { target, placements, judged } = await whileNoOtherCompletes(native(), () =>
    install(found, plan, options),
  );
  try {
    const [own] = placements;
    if (own === undefined) throw new RangeError('a completion places a certificate');
    return {
      certificate: own.certificate,
      request,
      placements,
      differences,
      ...judged,
      renewed: await nameSuccessor(request?.renews ?? null, own.certificate.thumbprint),
      [Symbol.dispose]: () => target[Symbol.dispose](),
    };
  } catch (error) {
    target[Symbol.dispose]();
    throw error;
  }
}

interface Installed {
  /** Its stores are open. */
  readonly target: WindowsTarget;
  readonly placements: Placement<Certificate>[];
  readonly judged: Judged;
}

type Judged = Awaited<ReturnType<typeof chainVerdict>>;

/** Opens the stores too: Windows shows an open store as it was when it was opened. */
async function install(
  { certificate, key, location, request }: Found,
  plan: ImportPlan,
  { store, friendlyName, trustRoot = false, signal }: CompleteOptions,
): Promise<Installed> {
  const target = await WindowsTarget.open({ location, trustRoot, ...(store !== undefined && { store }) });
  const verdicts: Judged[] = [];
  try {
    const placements = await executeCompletion<Certificate>(plan, target, key, {
      friendlyName,
      trustRoot,
      signal,
      last: async () => {
        // With all authorities in their stores, and while everything can still be undone.
        verdicts.push(await chainVerdict(certificate.raw, issuersIn(plan), native()));
        if (request !== null) await removeEntry(request.reference);
      },
    });
    const [judged] = verdicts;
    if (judged === undefined) throw new RangeError('a completion has a last step');
    return { target, placements, judged };
  } catch (error) {
    target[Symbol.dispose]();
    throw error;
  }
}

const issuersIn = ({ authorities, roots }: ImportPlan): Buffer[] =>
  [...authorities, ...roots].map(({ raw }) => raw);

async function find(certificates: readonly X509Certificate[], options: CompleteOptions): Promise<Found> {
  const { location } = options;
  const pending =
    options.request === undefined
      ? await pendingRequests({ location })
      : [await findPending(options.request)];
  const match = matchOf(certificates, pending);
  if (match !== null) {
    const { certificate, request } = match;
    if (request.keyLocation === null) throw withoutKey(request);
    return { certificate, request, key: request.keyLocation, location: request.location };
  }
  if (options.searchKeys === true) {
    const found = await searchKeys(certificates, options);
    if (found !== null) return found;
  }
  const [first, ...others] = certificates;
  const subject = printable((first?.subject ?? '').replaceAll('\n', ', '), 120);
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  throw notFound(`No pending request has the key of this certificate (${subject}${more})`, pending);
}

/** The leaves of the file are tried, first with the user's keys. */
async function searchKeys(
  certificates: readonly X509Certificate[],
  { location, limit = DEFAULT_KEY_LIMIT, dialog, signal }: CompleteOptions,
): Promise<Found | null> {
  for (const where of location === undefined ? (['CurrentUser', 'LocalMachine'] as const) : [location]) {
    for (const certificate of certificates.filter(({ ca }) => !ca)) {
      const { location: key } = await findKey(native(), certificate.publicKey, where === 'LocalMachine', {
        silent: dialog?.silent ?? true,
        limit,
        signal,
      });
      if (key !== null) return { certificate, key, location: where, request: null };
    }
  }
  return null;
}

/** Another process may have completed the same request meanwhile: then the certificate must stay. */
async function removeEntry(reference: string): Promise<void> {
  const { store, thumbprint } = parseReference(reference);
  using requests = await openStore(store?.path ?? '');
  try {
    await requests.remove(thumbprint);
  } catch (error) {
    if (errorCode(error) !== 'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND') throw error;
  }
}

const withoutKey = ({ reference }: PendingRequest): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_KEY_MISSING',
    `The pending request ${reference} does not say where its private key is`,
    { phase: 'key', advice: 'Find the key with "--search-keys", or make a new request.' },
  );

const pfxGiven = (): SchannelError =>
  new SchannelError(
    'ERR_SCHANNEL_IMPORT_UNRECOGNIZED',
    'The file is a PFX (PKCS #12), which has its own key',
    {
      advice: 'Import it: "schannel cert import".',
    },
  );
