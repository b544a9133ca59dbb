import { printable } from '../../base/text/printable.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import {
  type AuthorityServer,
  basicHeader,
  chainFor,
  type Enrolment,
  secureUrl,
  withoutDoubles,
} from './enrolment.js';
import { badAnswer, unauthorized } from './errors.js';
import type { EnrolAnswer, EnrolCall, Exchange } from './exchange.js';

export interface CertsrvOptions extends AuthorityServer {
  /** Name of the certificate template. An enterprise authority refuses requests without one. */
  readonly template?: string | undefined;
  /** Number of a request that was sent before and is pending. */
  readonly id?: string | undefined;
}

/** Without a browser's name the pages have the wrong content type (magnuswatn/certsrv). */
const USER_AGENT = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';

/** A client of the web pages of AD CS (certsrv). They are made for people, so addresses count, and words only after. */
export async function submitByCertsrv(
  request: CertificateRequest,
  options: CertsrvOptions,
  exchange: Exchange,
  signal: AbortSignal | undefined,
): Promise<Enrolment> {
  const base = folderOf(options.url);
  const { ca, certificate, template, id } = options;
  const tls: EnrolCall['tls'] = {
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    ...(certificate === undefined ? {} : { certificate }),
  };
  const headers = { 'user-agent': USER_AGENT, ...basicHeader(options) };
  const ask = async (call: Pick<EnrolCall, 'method' | 'url' | 'body'>, more = {}): Promise<EnrolAnswer> => {
    const answer = await exchange({ ...call, headers: { ...headers, ...more }, tls, signal });
    if (answer.status === 401 || answer.status === 403) {
      throw unauthorized(
        base.host,
        options.user === undefined ? 'this request without a user' : 'user and password',
      );
    }
    if (answer.status !== 200) {
      throw badAnswer(`The web enrolment at ${base.host} answered with HTTP ${String(answer.status)}`);
    }
    return answer;
  };
  const retrieve = async (number: string): Promise<Enrolment> => {
    const answer = await ask({
      method: 'GET',
      url: new URL(`certnew.p7b?ReqID=${number}&Enc=bin`, base),
    });
    if (isPage(answer)) return waiting(answer, number, base.host);
    return {
      state: 'issued',
      id: number,
      chain: withoutDoubles(chainFor(request, answer.body, base.host)),
      reason: null,
      retryAfter: null,
    };
  };
  if (id !== undefined) return retrieve(checkedId(id));
  const form = new URLSearchParams({
    Mode: 'newreq',
    CertRequest: request.pem,
    CertAttrib: template === undefined ? '' : `CertificateTemplate:${template}\r\n`,
    FriendlyType: 'Saved-Request Certificate',
    TargetStoreFlags: '0',
    SaveCert: 'yes',
  });
  const answer = await ask(
    { method: 'POST', url: new URL('certfnsh.asp', base), body: form.toString() },
    { 'content-type': 'application/x-www-form-urlencoded' },
  );
  const page = answer.body.toString('utf8');
  const issued = /certnew\.cer\?ReqID=(\d{1,10})&/i.exec(page)?.[1];
  return issued === undefined ? waiting(answer, null, base.host) : retrieve(issued);
}

/** What a page says about a request that has no certificate. */
function waiting({ body }: EnrolAnswer, id: string | null, host: string): Enrolment {
  const page = body.toString('utf8');
  const number = /Your Request Id is (\d{1,10})/i.exec(page)?.[1] ?? id;
  const message = /disposition message is "([^"]{1,500})/i.exec(page)?.[1] ?? null;
  const reason = message === null ? null : printable(message.replace(/<[^>]*>/g, ' ').trim(), 500);
  if (/taken under submission|certificate pending/i.test(page)) {
    return { state: 'pending', id: number, chain: [], reason, retryAfter: null };
  }
  if (reason !== null) return { state: 'denied', id: number, chain: [], reason, retryAfter: null };
  throw badAnswer(
    `The web enrolment at ${host} sent a page that is not understood${number === null ? '' : ` for request ${number}`}`,
  );
}

const isPage = ({ headers }: EnrolAnswer): boolean => (headers['content-type'] ?? '').includes('text/html');

function folderOf(text: string): URL {
  const url = secureUrl('url', text);
  const path = url.pathname === '/' ? '/certsrv' : url.pathname.replace(/\/+$/, '');
  return new URL(`${path}/`, url.origin);
}

/** @throws SchannelError ERR_SCHANNEL_ENROL_ANSWER */
export function checkedId(id: string): string {
  if (/^\d{1,10}$/.test(id)) return id;
  throw badAnswer(`${printable(id, 50)} is not the number of a request`);
}
