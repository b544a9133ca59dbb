import { argumentError, integerWithin } from '../../base/errors/argument-error.js';
import type { Source } from '../../formats/pem/source.js';
import { REASON_NAMES, type RevocationReason } from '../../formats/revocation/reasons.js';
import { CertificateContents } from '../../formats/x509/certificate-contents.js';
import { pemOfCertificate } from '../../formats/x509/certificate-of.js';
import { describeConstraints } from '../../formats/x509/name-constraints.js';
import { formatName, readName } from '../../formats/x509/distinguished-name.js';
import { beginAuthority } from './begin.js';
import { openAuthorityKey, type OpenKeyAuthorityOptions } from './authority-key.js';
import { AuthorityContext } from './context.js';
import { refusedBecause } from './errors.js';
import { estHandlerOf, type EstOptions } from './est.js';
import type { KeyReference, LoggedEvent } from './events.js';
import { findRecord, findRecords, notFound, type RecordQuery } from './find.js';
import { AuthorityFolder } from './folder.js';
import { indexOf } from './openssl-folder.js';
import { type AuthorityHandler, handlerOf } from './handler.js';
import { importAuthority, type ImportAuthorityOptions } from './import.js';
import {
  certifyRoot,
  recertifyRoot,
  checkOwnKey,
  complete,
  initEvent,
  type InitOptions,
  planInit,
  requestFor,
} from './init.js';
import { type Asked, issue, type Issued, type IssueOptions } from './issue.js';
import { Ledger } from './ledger.js';
import { type ListOptions, makeList, presentList, type PublishedList, publishList } from './lists.js';
import { LOCK_SYSTEM, type LockSystem } from '../../base/files/lock.js';
import { type Published, publishFiles } from './publish.js';
import { OcspResponder } from './responder.js';
import type { CertificateRecord } from './state.js';
import { restoreLast, storedCertificate } from './stored-certificate.js';
import { type Verification, verifyAuthority } from './verify.js';

export interface OpenAuthorityOptions extends OpenKeyAuthorityOptions {
  /** Without its key: nothing can be signed. Default false. */
  readonly withoutKey?: boolean | undefined;
}

export interface RevokeOptions {
  /** Default 'unspecified'. 'certificateHold' is the only one that can be taken back. */
  readonly reason?: RevocationReason | undefined;
  /** Since when it counts as revoked. Default now. */
  readonly at?: Date | undefined;
}

/** The result of a revocation. */
export interface Revoked {
  readonly record: CertificateRecord;
  /** The new revocation list; null if the authority was opened without its key, so that one is still to be made. */
  readonly list: PublishedList | null;
}

export interface RenewOptions extends Omit<IssueOptions, 'names' | 'subject' | 'template'> {
  /** Keeps the key. Otherwise a request or a public key is needed. Default false. */
  readonly sameKey?: boolean | undefined;
  /** The request with the new key. Its names do not count: the certificate keeps those that it has. */
  readonly request?: Asked | undefined;
  /** Revokes the old certificate. Default no. */
  readonly revoke?: RevocationReason | undefined;
}

/**
 * A certificate authority in a folder: its log, its certificates and its revocation list, with a key in Windows or in a
 * file. Several processes can use it at once. Close it when it is no longer needed.
 *
 * Everything that it signs is in its log first. What a process that was killed has left is put in order by the next
 * change.
 */
export class CertificateAuthority implements AsyncDisposable {
  readonly #context: AuthorityContext;
  readonly #responder: OcspResponder;

  private constructor(context: AuthorityContext) {
    this.#context = context;
    this.#responder = new OcspResponder(context);
  }

  /**
   * Creates an authority in a folder, which must be empty or missing. A root has its certificate and an empty
   * revocation list at once. An issuing authority has a request (`ca.csr`) for another authority to sign; see
   * {@link complete}. If anything fails, nothing is left of it.
   *
   * @throws TypeError ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
   * @throws SchannelError ERR_SCHANNEL_CA_EXISTS, ERR_SCHANNEL_CA_REFUSED, and what the key throws
   */
  static async init(
    folder: string,
    options: InitOptions,
    system: LockSystem = LOCK_SYSTEM,
  ): Promise<CertificateAuthority> {
    const plan = planInit(options);
    const context = await beginAuthority(
      folder,
      options.key ?? { windows: {} },
      async (begun, key, change) => {
        checkOwnKey(plan, key);
        await change.record(initEvent(plan, key));
        if (plan.template === 'root') {
          await certifyRoot(begun, plan, change);
          await makeList(begun, {}, change);
        } else await requestFor(begun, plan);
      },
      system,
    );
    return new CertificateAuthority(context);
  }

  /**
   * Opens an authority.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_NOT_FOUND, ERR_SCHANNEL_CA_DAMAGED, ERR_SCHANNEL_CA_FOLDER_OPEN if others can
   *   write to its folder (not checked without the key), ERR_SCHANNEL_CA_KEY_MISSING,
   *   ERR_SCHANNEL_KEY_MISMATCH, ERR_SCHANNEL_IMPORT_PASSWORD_MISSING, ERR_SCHANNEL_IMPORT_PASSWORD_WRONG
   */
  static async open(
    folder: string,
    options: OpenAuthorityOptions = {},
    system: LockSystem = LOCK_SYSTEM,
  ): Promise<CertificateAuthority> {
    const ledger = await Ledger.open(new AuthorityFolder(folder), system);
    const { init } = ledger.state;
    if (options.withoutKey !== true) await ledger.folder.requirePrivate();
    const key =
      options.withoutKey === true || init === null
        ? null
        : await openAuthorityKey(init.key, Buffer.from(init.publicKey, 'base64'), ledger.folder, options);
    const context = new AuthorityContext(ledger, key);
    if (key !== null) {
      if (ledger.needsMending) await ledger.change(() => Promise.resolve());
      await restoreLast(context);
    }
    return new CertificateAuthority(context);
  }

  /**
   * Brings an authority of another program into a new folder, with everything that it has issued and revoked: a folder
   * of `openssl ca` or easy-rsa, of mkcert or minica, a database of XCA (with Node.js 22.13 or later), or a PFX or PEM
   * with the certificate and the key. The source is not changed.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_EXISTS, ERR_SCHANNEL_IMPORT_UNRECOGNIZED, ERR_SCHANNEL_IMPORT_DAMAGED,
   *   ERR_SCHANNEL_IMPORT_UNSUPPORTED, ERR_SCHANNEL_IMPORT_PASSWORD_MISSING, ERR_SCHANNEL_IMPORT_PASSWORD_WRONG
   */
  static async importFrom(
    source: string,
    folder: string,
    options: ImportAuthorityOptions = {},
  ): Promise<CertificateAuthority> {
    return new CertificateAuthority(await importAuthority(source, folder, options));
  }

  /** Absolute path. */
  get folder(): string {
    return this.#context.folder.path;
  }

  /** Begins the names of its public files. */
  get name(): string {
    return this.#context.init.name;
  }

  /** 'CN=Example Root' */
  get subject(): string {
    return formatName(readName(Buffer.from(this.#context.init.subject, 'base64')));
  }

  get template(): 'root' | 'issuing' {
    return this.#context.init.template;
  }

  /** Where its public files are; null if they are not published. */
  get url(): string | null {
    return this.#context.init.url;
  }

  /** Where its key is. */
  get keyReference(): KeyReference {
    return this.#context.init.key;
  }

  /** Its own certificate; null until {@link complete}. */
  get certificate(): CertificateContents | null {
    return this.#context.hasCertificate ? this.#context.authority.contents : null;
  }

  /** Its issuers, its own one first, DER. */
  get issuers(): readonly Buffer[] {
    return this.#context.hasCertificate ? this.#context.authority.chain.slice(1) : [];
  }

  /** The names that it may issue for, one line each; none if it may issue for all. */
  get constraints(): readonly string[] {
    return this.#context.hasCertificate
      ? this.#context.authority.constraints.flatMap(describeConstraints)
      : [];
  }

  /** Its certificate and its issuers, PEM; '' until it has one. */
  get pem(): string {
    return this.#context.hasCertificate ? this.#context.authority.chain.map(pemOfCertificate).join('') : '';
  }

  /** Hash of the last line of the log. Note it down elsewhere: {@link verify} shows whether the log still has it. */
  get head(): string {
    return this.#context.ledger.head;
  }

  /** What was put in order after a process had been interrupted, in sentences. */
  get mended(): readonly string[] {
    return this.#context.ledger.mended;
  }

  /** What {@link importFrom} could not take over, in sentences. */
  get leftOut(): readonly string[] {
    return this.#context.leftOut;
  }

  /** Names of the templates in its folder, besides those that every authority has. */
  ownTemplates(): Promise<readonly string[]> {
    return this.#context.folder.templateNames();
  }

  /** The request for its certificate, PEM; null for a root. */
  async request(): Promise<string | null> {
    const { folder } = this.#context;
    return (await folder.read(folder.request))?.toString('utf8') ?? null;
  }

  /**
   * Gives an issuing authority its certificate, and makes its first revocation list. A root that was renewed
   * elsewhere, or
   * an issuing authority with a new certificate for its key, takes it in the same way.
   *
   * @param source the certificate and, as far as there are any, its issuers: PEM, DER or P7B
   * @throws SchannelError ERR_SCHANNEL_CA_REFUSED if it is not for this authority, and what reading a file throws
   */
  async complete(source: Source): Promise<void> {
    await complete(this.#context, source);
    if (this.#context.hasKey) await this.crl({ ifDue: true });
  }

  /**
   * Issues a certificate. Only the key and the names come from the request; the template decides everything else.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_REFUSED with all `reasons`, ERR_SCHANNEL_CA_TEMPLATE,
   *   ERR_SCHANNEL_CA_INCOMPLETE, ERR_SCHANNEL_CA_KEY_MISSING, ERR_SCHANNEL_CA_LOCKED, ERR_SCHANNEL_CA_CLOCK, and what
   *   readRequest() and the key throw
   * @throws TypeError ERR_INVALID_ARG_VALUE, RangeError ERR_OUT_OF_RANGE
   */
  issue(asked: Asked, options: IssueOptions = {}): Promise<Issued> {
    return issue(this.#context, asked, options);
  }

  /**
   * Issues a certificate again: same subject, names and template, a new validity, and a new key unless `sameKey` is
   * given.
   * The log links the two. The old one stays valid unless `revoke` is given.
   *
   * @param which as {@link find}
   * @throws as {@link issue} and {@link find}
   */
  async renew(which: string | Uint8Array, options: RenewOptions): Promise<Issued> {
    const { sameKey = false, request, revoke, ...rest } = options;
    const record = this.find(which);
    const asked = sameKey ? { publicKey: (await this.#contentsOf(record)).publicKey } : request;
    if (asked === undefined || record.template === null) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        record.template === null
          ? 'An imported certificate has no template. Issue a new one'
          : "A renewal needs 'request' with a new key, or 'sameKey'",
      );
    }
    const { template, subject, names, serialNumber: renews } = record;
    const issued = await issue(this.#context, asked, { ...rest, template, subject, names }, { renews });
    if (revoke !== undefined && rest.dryRun !== true)
      await this.revoke(record.serialNumber, { reason: revoke });
    return issued;
  }

  /**
   * Gives a root a new certificate with the same name, key and constraints. Certificates that it has issued are valid
   * below both. An issuing authority has its `ca.csr` signed again instead, for {@link complete}.
   *
   * @param options days of validity, 1 to 9125; default 3650
   * @throws SchannelError ERR_SCHANNEL_CA_REFUSED for an issuing authority, and what the key throws
   */
  async renewRoot({
    days = 3650,
  }: { readonly days?: number | undefined } = {}): Promise<CertificateContents> {
    integerWithin('days', days, 1, 9125);
    const { authority, init } = this.#context;
    if (!authority.contents.isSelfIssued || init.template !== 'root') {
      throw refusedBecause(['it is no root: have its ca.csr signed again, and complete it']);
    }
    await this.#context.ledger.change((change) => recertifyRoot(this.#context, days, change));
    return this.#context.authority.contents;
  }

  /**
   * Revokes a certificate and makes a new revocation list.
   *
   * @param which as {@link find}
   * @throws SchannelError ERR_SCHANNEL_CA_REFUSED if it is revoked already; as {@link find}
   * @throws TypeError ERR_INVALID_ARG_VALUE
   */
  async revoke(
    which: string | Uint8Array,
    { reason = 'unspecified', at }: RevokeOptions = {},
  ): Promise<Revoked> {
    if (!REASON_NAMES.includes(reason)) {
      throw argumentError(
        'ERR_INVALID_ARG_VALUE',
        `The property 'reason' must be one of ${REASON_NAMES.join(', ')}`,
      );
    }
    return this.#context.ledger.change(async (change) => {
      const { serialNumber: serial, revoked } = this.find(which);
      const since = at ?? new Date(change.now);
      if (!(since.getTime() <= change.now))
        throw refusedBecause(['a certificate cannot be revoked in the future']);
      if (revoked !== null && (revoked.reason !== 'certificateHold' || reason === 'certificateHold')) {
        throw refusedBecause([`it was revoked already, on ${revoked.at.toISOString()} (${revoked.reason})`]);
      }
      await change.record({ event: 'revoked', serial, reason, at: since.toISOString() });
      return this.#afterRevocation(serial, change);
    });
  }

  /**
   * Takes a hold back, and makes a new revocation list.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_REFUSED if it is not on hold; as {@link find}
   */
  async release(which: string | Uint8Array): Promise<Revoked> {
    return this.#context.ledger.change(async (change) => {
      const { serialNumber: serial, revoked } = this.find(which);
      if (revoked?.reason !== 'certificateHold')
        throw refusedBecause(['it is not on hold (certificateHold)']);
      await change.record({ event: 'released', serial });
      return this.#afterRevocation(serial, change);
    });
  }

  async #afterRevocation(serial: string, change: Parameters<typeof makeList>[2]): Promise<Revoked> {
    const list = this.#context.hasKey ? await makeList(this.#context, {}, change) : null;
    return { record: this.find(serial), list };
  }

  /** The revocation list: a new one, or with `ifDue` the present one if that is enough. */
  crl(options: ListOptions = {}): Promise<PublishedList> {
    return publishList(this.#context, options);
  }

  /** The present revocation list; null if there is none, or not in its file. */
  async presentCrl(): Promise<PublishedList | null> {
    await this.refresh();
    return presentList(this.#context);
  }

  /**
   * Writes its public files into the folder of a web server: `<name>.crl`, `<name>.crt`, the certificates of its
   * issuers under the names in their addresses, and `<name>.pem` with all of them. A new revocation list is made if one
   * is due. Each file is replaced as a whole, and one that is up to date is left alone.
   *
   * @param folder is created if it is missing
   * @throws SchannelError ERR_SCHANNEL_CA_INCOMPLETE, as {@link crl}, and what node:fs throws
   */
  publish(folder: string): Promise<Published> {
    return publishFiles(this.#context, folder);
  }

  /** @param request OCSPRequest, DER @returns OCSPResponse, DER */
  ocsp(request: Uint8Array): Promise<Buffer> {
    return this.#responder.answer(request);
  }

  /**
   * A listener for a server of plain http: certificate, revocation list and responder, at the addresses in the
   * certificates.
   *
   * @param onError gets what went wrong with a request, which is answered with an error. Default: nobody
   */
  handler(onError: (error: unknown) => void = () => undefined): AuthorityHandler {
    return handlerOf(this.#context, this.#responder, onError);
  }

  /**
   * A listener for a server of HTTPS, of this library or of Node: clients of EST (RFC 7030) get certificates below
   * '/.well-known/est/'. Let the server ask for client certificates, and trust this authority, so that clients can
   * renew theirs.
   */
  est(options: EstOptions): AuthorityHandler {
    return estHandlerOf(this, options);
  }

  /** The certificates that were issued, in the order of the log. */
  certificates(query: RecordQuery = {}): CertificateRecord[] {
    return findRecords(this.#context.state, query, this.#context.ledger.system.clock.now());
  }

  /**
   * One certificate.
   *
   * @param which serial number, SHA-256 thumbprint, a name in it, or itself as PEM or DER
   * @throws SchannelError ERR_SCHANNEL_CA_CERTIFICATE_NOT_FOUND, ERR_SCHANNEL_CA_CERTIFICATE_AMBIGUOUS with
   * `candidates`
   */
  find(which: string | Uint8Array): CertificateRecord {
    return findRecord(this.#context.state, which, this.#context.ledger.system.clock.now());
  }

  /**
   * The certificate of a record, PEM.
   *
   * @throws SchannelError ERR_SCHANNEL_CA_CERTIFICATE_NOT_FOUND if only its serial number is known
   */
  async pemOf(record: CertificateRecord): Promise<string> {
    return (await this.#contentsOf(record)).pem;
  }

  async #contentsOf(record: CertificateRecord): Promise<CertificateContents> {
    const der = await storedCertificate(this.#context, record);
    if (der === null)
      throw notFound(`a certificate that it knows for the serial number ${record.serialNumber}`);
    return new CertificateContents(der);
  }

  /** The index of its certificates as `openssl ca` has it (index.txt), for programs that read that. */
  exportIndex(): string {
    return indexOf(this.certificates(), this.#context.ledger.system.clock.now());
  }

  /** All events of the log. */
  events(): Promise<LoggedEvent[]> {
    return this.#context.ledger.events();
  }

  /**
   * Examines the log, the certificates, the files and the revocation list.
   *
   * @param head a hash that was noted down earlier
   * @throws SchannelError ERR_SCHANNEL_CA_DAMAGED
   */
  verify({ head }: { readonly head?: string | undefined } = {}): Promise<Verification> {
    return verifyAuthority(this.#context, head);
  }

  /** Takes in what other processes have changed. */
  refresh(): Promise<void> {
    return this.#context.ledger.refresh();
  }

  /** Gives the key back. */
  close(): Promise<void> {
    return this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
