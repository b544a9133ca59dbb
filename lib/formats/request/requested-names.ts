import { printable } from '../../base/text/printable.js';
import { dotted, type Span, spanAt, spansIn } from '../asn1/der-spans.js';
import { type AlternativeNames, alternativeNames } from '../x509/alternative-names.js';
import { textOf } from '../x509/distinguished-name.js';
import { UPN } from '../x509/extensions.js';
import { formatAddress } from '../x509/ip-address.js';
import { damagedRequest } from './damaged-request.js';

/** The alternative names that a request asks for. */
export interface RequestedNames {
  readonly names: AlternativeNames;
  /** Kinds of names that no certificate for TLS needs, such as 'directoryName'. */
  readonly otherNames: readonly string[];
}

/** GeneralName's tags (RFC 5280 §4.2.1.6), by number. */
const KINDS: ReadonlyMap<number, keyof AlternativeNames> = new Map([
  [0x81, 'email'],
  [0x82, 'dns'],
  [0x86, 'uri'],
  [0x87, 'ip'],
]);

const OTHERS: ReadonlyMap<number, string> = new Map([
  [0xa3, 'x400Address'],
  [0xa4, 'directoryName'],
  [0xa5, 'ediPartyName'],
  [0x88, 'registeredID'],
]);

/**
 * SubjectAltName of a request. Each name must be valid: a name with a NUL or a blank would mean one thing to the
 * authority's rules and another to those who read the certificate.
 *
 * @param value content of the extension
 * @throws SchannelError ERR_SCHANNEL_REQUEST_DAMAGED
 */
export function readRequestedNames(value: Span): RequestedNames {
  const names: Record<keyof AlternativeNames, string[]> = { dns: [], ip: [], email: [], upn: [], uri: [] };
  const otherNames: string[] = [];
  for (const name of spansIn(value.content)) {
    const kind = KINDS.get(name.tag);
    const upn = name.tag === 0xa0 ? principalName(name) : null;
    if (kind !== undefined) names[kind].push(validName(kind, plainText(kind, name)));
    else if (upn !== null) names.upn.push(validName('upn', upn));
    else otherNames.push(OTHERS.get(name.tag) ?? 'otherName');
  }
  return { names, otherNames };
}

function plainText(kind: keyof AlternativeNames, { content }: Span): string {
  if (kind !== 'ip') return Buffer.from(content).toString('latin1');
  if (content.length === 4 || content.length === 16) return formatAddress(content);
  throw damagedRequest(`an address of ${content.length} bytes`);
}

/** The text of a user principal name; null for another kind. */
function principalName({ content }: Span): string | null {
  const [type, value] = spansIn(content);
  if (type === undefined || value === undefined || dotted(type.content) !== UPN) return null;
  return textOf(spanAt(value.content, 0));
}

/** The name, in lower case where case does not matter. */
function validName(kind: keyof AlternativeNames, text: string): string {
  let normal: string | undefined;
  try {
    [normal] = alternativeNames({ [kind]: [text] })[kind];
  } catch (cause) {
    throw invalid(text, cause);
  }
  if (normal === undefined) throw invalid(text);
  // Normalizing decodes and translates: what comes out must be what is in the request.
  if (kind === 'uri') return text;
  if (normal.toLowerCase() === text.toLowerCase()) return normal;
  throw invalid(text);
}

const invalid = (text: string, cause?: unknown): Error =>
  damagedRequest(`an alternative name that is not valid: '${printable(text, 64)}'`, cause);
