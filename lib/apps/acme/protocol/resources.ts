import { SchannelError } from '../../../base/errors/schannel-error.js';
import { arrayIn, dateIn, type JsonObject, objectOf, textIn, textsIn } from '../http/json.js';
import { checkedUrl } from '../http/transport.js';

/** What a server offers (RFC 8555 §7.1.1). Its addresses have no fixed form. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string;
  readonly keyChange: string;
  /** Suggests when to renew (RFC 9773); null if it does not. */
  readonly renewalInfo: string | null;
  /** Null if there are no terms. */
  readonly termsOfService: string | null;
  readonly website: string | null;
  /** Names of the server in CAA records. */
  readonly caaIdentities: readonly string[];
  readonly externalAccountRequired: boolean;
  /** Profiles of certificates by name, with their descriptions (draft-aaron-acme-profiles). */
  readonly profiles: Readonly<Record<string, string>>;
}

/** What a certificate is for (RFC 8555 §9.7.7, RFC 8738 §3). */
export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

/** RFC 8555 §7.1.6. */
export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';

/** RFC 8555 §7.1.3. */
export interface Order {
  readonly url: string;
  readonly status: OrderStatus;
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly string[];
  readonly finalize: string;
  /** Where the certificate is, once it is there. */
  readonly certificate: string | null;
  readonly expires: Date | null;
  /** Why it is invalid, as the server has it. */
  readonly error: JsonObject | null;
  /** When to look again; null if the server does not say so. */
  readonly retryAfter: Date | null;
}

/** RFC 8555 §7.1.6. */
export type AuthorizationStatus = 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';

/** RFC 8555 §7.1.4. */
export interface Authorization {
  readonly url: string;
  readonly status: AuthorizationStatus;
  readonly identifier: Identifier;
  /** Whether it is for '*.' before the name. */
  readonly wildcard: boolean;
  readonly challenges: readonly Challenge[];
  readonly retryAfter: Date | null;
}

/** RFC 8555 §8. Kinds that are not known here are passed on. */
export interface Challenge {
  /** 'http-01', 'dns-01', 'tls-alpn-01', 'dns-persist-01', … */
  readonly type: string;
  readonly url: string;
  readonly status: string;
  /** Base64url; '' for kinds that have none. */
  readonly token: string;
  /** For dns-persist-01: names of the server that may stand in the record. */
  readonly issuerDomainNames: readonly string[];
  readonly error: JsonObject | null;
}

/** Lists longer than this are cut: the longest order of a public authority has 100 names. */
const MOST_NAMES = 1000;

/** @throws SchannelError ERR_SCHANNEL_ACME_ANSWER */
export function readDirectory(document: JsonObject): Directory {
  const meta = objectOf(document['meta']) ?? {};
  const profiles = objectOf(meta['profiles']) ?? {};
  return {
    newNonce: addressIn(document, 'newNonce', 'directory'),
    newAccount: addressIn(document, 'newAccount', 'directory'),
    newOrder: addressIn(document, 'newOrder', 'directory'),
    revokeCert: addressIn(document, 'revokeCert', 'directory'),
    keyChange: addressIn(document, 'keyChange', 'directory'),
    renewalInfo:
      textIn(document, 'renewalInfo') === '' ? null : addressIn(document, 'renewalInfo', 'directory'),
    termsOfService: textIn(meta, 'termsOfService') || null,
    website: textIn(meta, 'website') || null,
    caaIdentities: textsIn(meta, 'caaIdentities').slice(0, MOST_NAMES),
    externalAccountRequired: meta['externalAccountRequired'] === true,
    profiles: Object.fromEntries(Object.keys(profiles).map((name) => [name, textIn(profiles, name)])),
  };
}

/** @throws SchannelError ERR_SCHANNEL_ACME_ANSWER */
export function readOrder(url: string, document: JsonObject, retryAfter: Date | null): Order {
  return {
    url,
    status: oneOf(ORDER_STATUSES, textIn(document, 'status'), 'order'),
    identifiers: listIn(document, 'identifiers').map(readIdentifier),
    authorizations: textsIn(document, 'authorizations')
      .slice(0, MOST_NAMES)
      .map((each) => checkedUrl(each).href),
    finalize: addressIn(document, 'finalize', 'order'),
    certificate: textIn(document, 'certificate') === '' ? null : addressIn(document, 'certificate', 'order'),
    expires: dateIn(document, 'expires'),
    error: objectOf(document['error']),
    retryAfter,
  };
}

const ORDER_STATUSES = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;

/** @throws SchannelError ERR_SCHANNEL_ACME_ANSWER */
export function readAuthorization(url: string, document: JsonObject, retryAfter: Date | null): Authorization {
  return {
    url,
    status: oneOf(AUTHORIZATION_STATUSES, textIn(document, 'status'), 'authorization'),
    identifier: readIdentifier(document['identifier']),
    wildcard: document['wildcard'] === true,
    challenges: listIn(document, 'challenges').flatMap(readChallenge),
    retryAfter,
  };
}

const AUTHORIZATION_STATUSES = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;

function readIdentifier(value: unknown): Identifier {
  const members = objectOf(value) ?? {};
  const type = oneOf(['dns', 'ip'] as const, textIn(members, 'type'), 'identifier');
  return { type, value: textIn(members, 'value').slice(0, 255).toLowerCase() };
}

/** New kinds of challenges have no token, or other members. They must not make the known ones unusable. */
function readChallenge(value: unknown): Challenge[] {
  const members = objectOf(value);
  if (members === null || textIn(members, 'url') === '') return [];
  const token = textIn(members, 'token');
  return [
    {
      type: textIn(members, 'type').slice(0, 64),
      url: addressIn(members, 'url', 'challenge'),
      status: textIn(members, 'status').slice(0, 64),
      // RFC 8555 §8.1: base64url, at least 128 bits. It becomes part of a path and of a file name.
      token: /^[\w-]{1,128}$/.test(token) ? token : '',
      issuerDomainNames: textsIn(members, 'issuer-domain-names').slice(0, 10),
      error: objectOf(members['error']),
    },
  ];
}

const listIn = (document: JsonObject, name: string): readonly unknown[] =>
  arrayIn(document, name).slice(0, MOST_NAMES);

function oneOf<Value extends string>(known: readonly Value[], text: string, where: string): Value {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw unusable(`an ${where} with the status or type ${JSON.stringify(text.slice(0, 64))}`);
}

function addressIn(document: JsonObject, name: string, where: string): string {
  const text = textIn(document, name);
  if (text === '') throw unusable(`a ${where} without "${name}"`);
  return checkedUrl(text).href;
}

/** The server sent something that no ACME server sends. */
export const unusable = (what: string): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ACME_ANSWER', `The ACME server sent ${what}`, {
    phase: 'data',
    advice:
      'Check the URL of the directory, and whether something between here and the server answers for it.',
  });
