import { hash } from 'node:crypto';
import type { RevocationReason } from '../../formats/revocation/reasons.js';
import type { AlternativeNames } from '../../formats/x509/alternative-names.js';
import type {
  AuthorityCertificateEvent,
  ImportedEvent,
  InitEvent,
  IssuingEvent,
  LoggedEvent,
  RevocationListEvent,
} from './events.js';

/** What the log says about one certificate. */
export interface CertificateRecord {
  /** Upper-case hexadecimal. */
  readonly serialNumber: string;
  /** As on one line: 'CN=bar.example'. */
  readonly subject: string;
  readonly names: AlternativeNames;
  /** Null for an imported certificate. */
  readonly template: string | null;
  readonly notBefore: Date | null;
  readonly notAfter: Date;
  /** SHA-256 of SubjectPublicKeyInfo, hexadecimal; null if it is not known. */
  readonly publicKeyHash: string | null;
  /** SHA-256 of the certificate, upper-case hexadecimal; null if there is none or it is not known. */
  readonly thumbprint256: string | null;
  /** 'issuing' only while it is being signed; 'abandoned' if a process ended then. */
  readonly state: 'issuing' | 'issued' | 'abandoned';
  readonly revoked: { readonly at: Date; readonly reason: RevocationReason } | null;
  /** When it was issued or imported. */
  readonly issued: Date;
  /** SHA-256 of its request; null if there was none. */
  readonly requestHash: string | null;
  /** Serial number of the certificate that it renews. */
  readonly renews: string | null;
}

/** The last revocation list that was recorded. */
export interface ListRecord {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly nextPublish: Date;
  /** Hash of what was signed. */
  readonly body: string;
}

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** The state of an authority: what its log says, event by event. */
export class AuthorityState {
  #init: InitEvent | null = null;
  #authority: AuthorityCertificateEvent | null = null;
  readonly #records = new Map<string, Mutable<CertificateRecord>>();
  /** Serial numbers by the hash of the key. */
  readonly #byKey = new Map<string, string[]>();
  readonly #open = new Set<string>();
  readonly #revoked = new Set<string>();
  #list: ListRecord | null = null;
  /** Lines of the last list, and of the last change that it has to show. */
  #listLine = 0;
  #changeLine = 0;
  #lastTime = 0;

  get init(): InitEvent | null {
    return this.#init;
  }

  /** Its own certificate and issuers; null until it has one. */
  get authority(): AuthorityCertificateEvent | null {
    return this.#authority;
  }

  /** In the order of the log. */
  get records(): ReadonlyMap<string, CertificateRecord> {
    return this.#records;
  }

  /** Of certificates that are being signed. */
  get unfinished(): ReadonlySet<string> {
    return this.#open;
  }

  /** All that were ever revoked and not released. */
  get revoked(): readonly CertificateRecord[] {
    return [...this.#revoked].flatMap((serial) => this.#records.get(serial) ?? []);
  }

  get list(): ListRecord | null {
    return this.#list;
  }

  /** Whether something was revoked or released since the last list. */
  get hasNewRevocations(): boolean {
    return this.#changeLine > this.#listLine;
  }

  /** Moment of the last event, in milliseconds since 1970; 0 before the first. */
  get lastTime(): number {
    return this.#lastTime;
  }

  /** @param publicKeyHash SHA-256 of SubjectPublicKeyInfo, hexadecimal */
  withKey(publicKeyHash: string): readonly CertificateRecord[] {
    return (this.#byKey.get(publicKeyHash) ?? []).flatMap((serial) => this.#records.get(serial) ?? []);
  }

  /** @returns what is wrong with the event; null if it was taken in */
  apply(event: LoggedEvent): string | null {
    const time = Date.parse(event.time);
    if (time < this.#lastTime) return 'is older than the line before it';
    if ((this.#init === null) !== (event.event === 'init')) {
      return this.#init === null
        ? 'is not the first event of an authority'
        : 'begins an authority for a second time';
    }
    const problem = this.#take(event, time);
    if (problem === null) this.#lastTime = time;
    return problem;
  }

  #take(event: LoggedEvent, time: number): string | null {
    switch (event.event) {
      case 'init':
        this.#init = event;
        return null;
      case 'authority':
        this.#authority = event;
        return null;
      case 'issuing':
        if (this.#records.has(event.serial)) return `uses the serial number ${event.serial} again`;
        this.#add(recordOfIssuing(event, time));
        this.#open.add(event.serial);
        return null;
      case 'imported':
        if (this.#records.has(event.serial)) return `uses the serial number ${event.serial} again`;
        this.#add(recordOfImported(event, time));
        return null;
      case 'issued':
        return this.#finish(event.serial, (record) => {
          record.state = 'issued';
          record.thumbprint256 = event.sha256.toUpperCase();
        });
      case 'abandoned':
        return this.#finish(event.serial, (record) => {
          record.state = 'abandoned';
          this.#revoke(record, { at: new Date(time), reason: 'unspecified' }, event.n);
        });
      case 'revoked':
        return this.#known(event.serial, (record) =>
          this.#revoke(record, { at: new Date(event.at), reason: event.reason }, event.n),
        );
      case 'released':
        return this.#known(event.serial, (record) => {
          record.revoked = null;
          this.#revoked.delete(event.serial);
          this.#changeLine = event.n;
        });
      case 'crl':
        if (this.#list !== null && event.number <= this.#list.number) return 'repeats the number of a list';
        this.#list = listOf(event);
        this.#listLine = event.n;
        return null;
      case 'refused':
        return null;
    }
  }

  #add(record: CertificateRecord): void {
    this.#records.set(record.serialNumber, record);
    if (record.publicKeyHash === null) return;
    const same = this.#byKey.get(record.publicKeyHash);
    if (same === undefined) this.#byKey.set(record.publicKeyHash, [record.serialNumber]);
    else same.push(record.serialNumber);
  }

  #finish(serial: string, change: (record: Mutable<CertificateRecord>) => void): string | null {
    if (!this.#open.delete(serial)) return `is about ${serial}, which is not being signed`;
    return this.#known(serial, change);
  }

  #known(serial: string, change: (record: Mutable<CertificateRecord>) => void): string | null {
    const record = this.#records.get(serial);
    if (record === undefined) return `is about ${serial}, which was not issued`;
    change(record);
    return null;
  }

  #revoke(
    record: Mutable<CertificateRecord>,
    revoked: NonNullable<CertificateRecord['revoked']>,
    line: number,
  ): void {
    record.revoked = revoked;
    this.#revoked.add(record.serialNumber);
    this.#changeLine = line;
  }
}

/** SHA-256, hexadecimal. */
export const hashOf = (bytes: Uint8Array): string => hash('sha256', bytes);

const recordOfIssuing = (event: IssuingEvent, time: number): CertificateRecord => ({
  serialNumber: event.serial,
  subject: event.subject,
  names: event.names,
  template: event.template,
  notBefore: new Date(event.notBefore),
  notAfter: new Date(event.notAfter),
  publicKeyHash: event.publicKey,
  thumbprint256: null,
  state: 'issuing',
  revoked: null,
  issued: new Date(time),
  requestHash: event.request,
  renews: event.renews,
});

const recordOfImported = (event: ImportedEvent, time: number): CertificateRecord => ({
  serialNumber: event.serial,
  subject: event.subject,
  names: event.names,
  template: null,
  notBefore: event.notBefore === null ? null : new Date(event.notBefore),
  notAfter: new Date(event.notAfter),
  publicKeyHash: event.publicKey,
  thumbprint256:
    event.certificate === null ? null : hashOf(Buffer.from(event.certificate, 'base64')).toUpperCase(),
  state: 'issued',
  revoked: null,
  issued: new Date(time),
  requestHash: null,
  renews: null,
});

const listOf = (event: RevocationListEvent): ListRecord => ({
  number: event.number,
  thisUpdate: new Date(event.thisUpdate),
  nextUpdate: new Date(event.nextUpdate),
  nextPublish: new Date(event.nextPublish),
  body: event.body,
});
