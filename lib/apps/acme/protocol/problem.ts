import { type ProblemDocument, SchannelError } from '../../../base/errors/schannel-error.js';
import { printable } from '../../../base/text/printable.js';
import { arrayIn, objectOf, textIn } from '../http/json.js';
import { retryAfter } from '../http/retry-after.js';
import type { AcmeResponse } from '../http/transport.js';

/** The prefix of the types of RFC 8555 §6.7. */
const PREFIX = 'urn:ietf:params:acme:error:';

/** How many problems of single names are kept. */
const MOST_SUBPROBLEMS = 100;

/** Why the server refused. @param response one with a status of 400 or more */
export function problemError(response: AcmeResponse, what: string, now = new Date()): SchannelError {
  const { status, headers } = response;
  const problem = problemOf(response);
  const kind = KINDS[shortType(problem.type)] ?? byStatus(status);
  const after = retryAfter(headers['retry-after'], now);
  const code = status === 429 ? KINDS['rateLimited'] : kind;
  return new SchannelError(code?.code ?? OTHER, `${what}. The ACME server says: ${saidBy(problem, status)}`, {
    phase: 'data',
    problem,
    advice: code?.advice ?? 'The server gives the reason.',
    ...(after !== null && { retryAfter: after }),
  });
}

/** The same for a problem inside of an order, an authorization or a challenge. */
export function problemInside(document: unknown, what: string): SchannelError {
  const problem = readProblem(document, 0);
  const kind = KINDS[shortType(problem.type)];
  return new SchannelError(kind?.code ?? OTHER, `${what}. The ACME server says: ${saidBy(problem, 0)}`, {
    phase: 'data',
    problem,
    advice: kind?.advice ?? 'The server gives the reason.',
  });
}

/** Whether an error is a problem of this type: 'badNonce'. */
export const isProblem = (error: unknown, type: string): error is SchannelError =>
  error instanceof SchannelError && shortType(error.problem?.type ?? '') === type;

const OTHER = 'ERR_SCHANNEL_ACME_REFUSED';

interface Kind {
  readonly code: string;
  readonly advice: string;
}

const VALIDATION =
  'Check what the name shows to others: the file on port 80, the record in DNS, the certificate on port 443.';

const KINDS: Readonly<Record<string, Kind | undefined>> = {
  rateLimited: {
    code: 'ERR_SCHANNEL_ACME_RATE_LIMITED',
    advice: 'Wait until the time that is given. Renewals that the server knows of are not limited.',
  },
  unauthorized: { code: 'ERR_SCHANNEL_ACME_UNAUTHORIZED', advice: VALIDATION },
  incorrectResponse: { code: 'ERR_SCHANNEL_ACME_UNAUTHORIZED', advice: VALIDATION },
  connection: { code: 'ERR_SCHANNEL_ACME_CONNECTION', advice: VALIDATION },
  tls: { code: 'ERR_SCHANNEL_ACME_CONNECTION', advice: VALIDATION },
  dns: { code: 'ERR_SCHANNEL_ACME_DNS', advice: 'Check the records of the name at its name servers.' },
  caa: { code: 'ERR_SCHANNEL_ACME_CAA', advice: 'Permit this authority in the CAA record of the domain.' },
  rejectedIdentifier: {
    code: 'ERR_SCHANNEL_ACME_IDENTIFIER',
    advice: 'Leave the name out. For names that are not public, use your own authority: `schannel ca`.',
  },
  unsupportedIdentifier: {
    code: 'ERR_SCHANNEL_ACME_IDENTIFIER',
    advice: 'Leave the name out, or use an authority that supports it.',
  },
  accountDoesNotExist: {
    code: 'ERR_SCHANNEL_ACME_ACCOUNT',
    advice: 'Register a new account.',
  },
  externalAccountRequired: {
    code: 'ERR_SCHANNEL_ACME_ACCOUNT',
    advice: 'Give the key identifier and the key that this authority has issued for your account.',
  },
  invalidContact: {
    code: 'ERR_SCHANNEL_ACME_ACCOUNT',
    advice: "Correct `contact`: 'mailto:anna@bar.example'.",
  },
  unsupportedContact: { code: 'ERR_SCHANNEL_ACME_ACCOUNT', advice: 'Use an e-mail address as the contact.' },
  userActionRequired: {
    code: 'ERR_SCHANNEL_ACME_TERMS',
    advice: 'Read the terms at the address that the server gives, and agree to them.',
  },
  badCSR: { code: 'ERR_SCHANNEL_ACME_REQUEST', advice: 'Use another type of key, or fewer names.' },
  badPublicKey: { code: 'ERR_SCHANNEL_ACME_REQUEST', advice: 'Use another type or length of key.' },
  orderNotReady: { code: 'ERR_SCHANNEL_ACME_ORDER', advice: 'Begin again with a new order.' },
  serverInternal: { code: 'ERR_SCHANNEL_ACME_SERVER', advice: 'Try again later.' },
};

/** For answers that are no problem document: those of a load balancer. */
const byStatus = (status: number): Kind | undefined => (status >= 500 ? KINDS['serverInternal'] : undefined);

const shortType = (type: string): string => (type.startsWith(PREFIX) ? type.slice(PREFIX.length) : '');

function problemOf({ status, body, headers }: AcmeResponse): ProblemDocument {
  if (/[/+]json\b/.test(headers['content-type'] ?? '')) {
    try {
      return readProblem(JSON.parse(body.toString()), status);
    } catch {
      // Not what its header says.
    }
  }
  return { type: 'about:blank', detail: `HTTP status ${status}`, status, subproblems: [] };
}

/** RFC 9457 §3, with the parts of RFC 8555 §6.7.1. Everything in it is the server's, and bounded. */
function readProblem(document: unknown, status: number): ProblemDocument {
  const members = objectOf(document) ?? {};
  const subproblems = arrayIn(members, 'subproblems')
    .slice(0, MOST_SUBPROBLEMS)
    .map((each) => {
      const inner = objectOf(each) ?? {};
      const identifier = objectOf(inner['identifier']) ?? {};
      return {
        type: shown(textIn(inner, 'type')),
        detail: shown(textIn(inner, 'detail')),
        name: printable(textIn(identifier, 'value'), 253),
      };
    });
  return {
    type: shown(textIn(members, 'type')) || 'about:blank',
    detail: shown(textIn(members, 'detail')),
    status: typeof members['status'] === 'number' ? members['status'] : status,
    subproblems,
  };
}

/** The longest text of a problem that is kept. */
const shown = (text: string): string => printable(text, 1000);

function saidBy({ type, detail, subproblems }: ProblemDocument, status: number): string {
  const each = subproblems.slice(0, 5).map((one) => `${one.name}: ${one.detail}`);
  const text = [detail || shortType(type) || type, ...each].join('; ');
  return status === 0 || detail.includes(String(status)) ? text : `${text} (HTTP status ${status})`;
}
