import { inspect } from 'node:util';
import { argumentError } from '../../base/errors/argument-error.js';

/** A template of version 2 or later: what szOID_CERTIFICATE_TEMPLATE holds ([MS-WCCE] §2.2.2.7.7.2). */
export interface CertificateTemplate {
  /** In dots. */
  readonly oid: string;
  readonly major: number;
  readonly minor?: number | undefined;
}

/**
 * A template as a person writes it: the name of any template ('WebServer', not the one that is displayed, 'Web
 * Server'), or identifier and version of a later one ('1.3.6.1.4.1.311.21.8.1.2:100.3').
 *
 * @throws TypeError ERR_INVALID_ARG_VALUE
 */
export function parseTemplate(text: string): CertificateTemplate | string {
  const [, oid, major, minor] = /^(\d+(?:\.\d+)+):(\d{1,10})(?:\.(\d{1,10}))?$/.exec(text) ?? [];
  if (oid !== undefined && major !== undefined) {
    const version = { oid, major: Number(major), ...(minor !== undefined && { minor: Number(minor) }) };
    if (version.major <= MOST && (version.minor ?? 0) <= MOST && isIdentifier(oid)) return version;
  } else if (NAME.test(text) && !/^\d+(\.\d+)+$/.test(text)) return text;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    `The property 'template' must be a name such as 'WebServer', or an identifier with its version such as '1.3.6.1.4.1.311.21.8.1.2:100.3'. Received ${inspect(text)}`,
  );
}

/** TemplateV ::= INTEGER (0..4294967295) */
const MOST = 0xffff_ffff;

/** The longest name of a template has 64 characters. */
const NAME = /^[^\p{Cc}\p{Cf}"\\/:]{1,64}$/u;

/** The first two arcs share one byte (X.690 §8.19.4). No arc of a template has more than 32 bits. */
function isIdentifier(oid: string): boolean {
  const [first = 9, second = 99, ...rest] = oid.split('.').map(Number);
  return first <= 2 && second < 40 && rest.length <= 32 && rest.every((arc) => arc <= MOST);
}
