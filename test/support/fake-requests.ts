import { X509Certificate } from 'node:crypto';
import type { RequestLibrary } from '#lib/cli/command-context.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { Enrolment } from '#lib/apps/enrol/enrolment.js';
import type { SubmitOptions } from '#lib/apps/enrol/submit-request.js';
import { readRequest } from '#lib/formats/request/request-reader.js';
import { requestedExtensions, signRequest } from '#lib/formats/request/request-writer.js';
import type {
  CompleteOptions,
  CompleteResult,
  PreparedCompletion,
} from '#lib/windows/request/complete-request.js';
import type { CreatedRequest } from '#lib/windows/request/create-request.js';
import { readRequestInf } from '#lib/windows/request/inf-options.js';
import { wishesOf } from '#lib/windows/request/parse-options.js';
import type { ListedRequest } from '#lib/windows/request/pending-requests.js';
import type { RepairResult } from '#lib/windows/request/repair-certificate.js';
import type { Submission } from '#lib/windows/request/submission.js';
import type { RequestOptions } from '#lib/windows/request/request-options.js';
import { memorySigner } from './memory-signer.js';
import { SOFTWARE_LOCATION } from './scripted-key.js';

/** Requests in memory, which say what was asked of them. */
export class FakeRequests implements RequestLibrary {
  readonly readRequest = readRequest;
  readonly readRequestInf = readRequestInf;
  pending: ListedRequest[] = [];
  /** What was done, in order. */
  readonly changes: string[] = [];
  /** What createRequest() was asked for. */
  readonly created: RequestOptions[] = [];
  /** What prepareCompletion() was asked for. */
  readonly completions: CompleteOptions[] = [];
  /** The certificate (DER) that a file has. */
  issued: Uint8Array = new Uint8Array();
  /** What completing answers. */
  result: Omit<CompleteResult, typeof Symbol.dispose> | null = null;

  async createRequest(options: RequestOptions): Promise<CreatedRequest> {
    this.created.push(options);
    const wishes = wishesOf(options.renew === undefined ? options : { ...options, subject: 'CN=renewed' });
    const extensions = requestedExtensions(
      { ...wishes, keyUsage: ['digitalSignature'] },
      wishes.subject.length > 0,
    );
    const der = await signRequest(
      { subject: wishes.subject, extensions },
      memorySigner('P-256'),
      options.padding,
    );
    const request = readRequest(der);
    const created: ListedRequest & CreatedRequest = {
      reference: `${options.location ?? 'CurrentUser'}\\REQUEST\\${String(this.created.length).padStart(40, '0')}`,
      location: options.location ?? 'CurrentUser',
      subject: request.subject,
      friendlyName: options.friendlyName ?? null,
      created: new Date('2030-01-02T03:04:05Z'),
      publicKey: request.publicKey,
      keyLocation: { ...SOFTWARE_LOCATION, container: 'a' },
      request,
      renews: typeof options.renew === 'string' ? options.renew : null,
      submission: null,
      certificates: [],
    };
    this.pending.push(created);
    return created;
  }

  pendingRequests(): Promise<ListedRequest[]> {
    return Promise.resolve(this.pending);
  }

  findPending(name: string): Promise<ListedRequest> {
    const found = this.pending.find((each) => each.reference === name || each.friendlyName === name);
    if (found !== undefined) return Promise.resolve(found);
    return Promise.reject(
      new SchannelError('ERR_SCHANNEL_REQUEST_NOT_FOUND', `No request ${name}`, { phase: 'store' }),
    );
  }

  /** What authorities answer, and what they were asked. */
  answer: Enrolment = { state: 'pending', id: null, chain: [], reason: null, retryAfter: null };
  readonly submissions: SubmitOptions[] = [];

  async submitRequest(_request: unknown, options: SubmitOptions): Promise<Enrolment> {
    this.submissions.push(options);
    if (this.answer.state === 'pending') await options.onPending?.(this.answer);
    return this.answer;
  }

  rememberSubmission(reference: string, submission: Submission | null): Promise<void> {
    this.pending = this.pending.map((each) =>
      each.reference === reference ? { ...each, submission } : each,
    );
    return Promise.resolve();
  }

  prepareCompletion(_source: unknown, options: CompleteOptions = {}): Promise<PreparedCompletion> {
    this.completions.push(options);
    const [request = null] = this.pending;
    return Promise.resolve({
      certificate: new X509Certificate(this.issued),
      request,
      location: request?.location ?? 'CurrentUser',
      authorities: [],
      roots: [new X509Certificate(this.issued)],
      run: () => {
        this.changes.push('complete');
        if (this.result === null) return Promise.reject(new Error('nothing to answer'));
        return Promise.resolve({ ...this.result, [Symbol.dispose]: () => void this.changes.push('dispose') });
      },
    });
  }

  async cancelRequest(
    name: string,
    { withKey = false }: { readonly withKey?: boolean | undefined } = {},
  ): Promise<ListedRequest> {
    const found = await this.findPending(name);
    this.changes.push(`cancel ${found.reference}${withKey ? ' with key' : ''}`);
    return found;
  }

  repairCertificate(certificate: unknown): Promise<RepairResult> {
    const reference = (certificate as { readonly reference: string }).reference;
    this.changes.push(`repair ${reference}`);
    return Promise.resolve({
      reference,
      action: 'repaired',
      keyLocation: { ...SOFTWARE_LOCATION, container: 'found' },
      tried: 3,
    });
  }
}
