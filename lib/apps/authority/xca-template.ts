import { findSpan } from '../../formats/asn1/der-spans.js';
import { KEY_USAGES, type KeyUsage, usageOid } from '../../formats/x509/usages.js';
import { fileNameOf } from './addresses.js';
import { badTemplate } from './errors.js';
import { checkTemplate, MOST_SERVER_DAYS, type NameKind, type Template } from './template.js';

/** A database has few of them, with some 30 settings each. */
const MOST_SETTINGS = 256;

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/**
 * A template of XCA 2 as one of ours. Taken over are days, path length, key usage, purposes and the kinds of names.
 * Names, comments and addresses in it are not: they come from the request and from the authority. Where it contradicts
 * what programs accept, the result is stricter: a server needs names, and has 825 days at most.
 *
 * @param name as it is called in XCA
 * @param bytes the subject (DER), then a QMap of texts as QDataStream writes it
 * @throws SchannelError ERR_SCHANNEL_CA_TEMPLATE
 */
export function readXcaTemplate(name: string, bytes: Uint8Array): Template {
  const settings = settingsIn(bytes);
  const of = (key: string): string => settings.get(key) ?? '';
  const isAuthority = of('ca') === '1';
  const purposes = of('eKeyUse').split(',').flatMap(purposeOf);
  const isServer = purposes.includes(SERVER_AUTH) && !isAuthority;
  const names = isServer ? (['dns', 'ip'] as const) : kindsIn(of('subAltName'));
  const usages = usagesOf(Number(of('keyUse')));
  const days = Math.min(daysOf(of('validN'), of('validM')), isServer ? MOST_SERVER_DAYS : Infinity);
  return checkTemplate({
    name: fileNameOf(name),
    days,
    mostDays: isServer ? MOST_SERVER_DAYS : days,
    pathLength: isAuthority ? Number(of('basicPath')) : null,
    keyUsage: usages.filter((usage) => !FOR_RSA.has(usage)),
    rsaKeyUsage: usages.filter((usage) => FOR_RSA.has(usage)),
    extendedKeyUsage: purposes,
    names,
    namesRequired: isServer,
    subject: isServer ? 'first-name' : 'request',
  });
}

/** What only RSA keys can do. */
const FOR_RSA: ReadonlySet<KeyUsage> = new Set(['keyEncipherment', 'dataEncipherment']);

/** @throws SchannelError ERR_SCHANNEL_CA_TEMPLATE */
function settingsIn(bytes: Uint8Array): ReadonlyMap<string, string> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = findSpan(view)?.raw.length ?? 0;
  const number = (): number => {
    if (at + 4 > view.length) throw cut();
    at += 4;
    return view.readUInt32BE(at - 4);
  };
  /** UTF-16 in the order of the network; 0xffffffff is a text that is null. */
  const text = (): string => {
    const length = number();
    if (length === 0xffffffff) return '';
    if (length % 2 !== 0 || at + length > view.length) throw cut();
    at += length;
    return Buffer.from(view.subarray(at - length, at))
      .swap16()
      .toString('utf16le');
  };
  const count = number();
  if (count > MOST_SETTINGS) throw badTemplate('has too many settings');
  const settings = new Map<string, string>();
  for (let index = 0; index < count; index += 1) {
    const key = text();
    settings.set(key, text());
  }
  return settings;
}

const cut = (): Error => badTemplate('of XCA is cut short');

/** OpenSSL's short names differ in one. */
function purposeOf(word: string): string[] {
  const text = word.trim();
  if (text === '' || text === 'critical') return [];
  const oid = usageOid(text === 'msSmartcardLogin' ? 'smartcardLogon' : text);
  if (oid === null) throw badTemplate(`has the purpose ${text.slice(0, 64)}, which is not known here`);
  return [oid];
}

/** Bits as in KeyUsage (RFC 5280 §4.2.1.3), the first one lowest. */
const usagesOf = (bits: number): KeyUsage[] => KEY_USAGES.filter((_, bit) => ((bits >> bit) & 1) === 1);

/** validM: days, months or years. */
function daysOf(count: string, unit: string): number {
  const [days = 1] = [[1, 30, 365][Number(unit)]];
  return Number(count) * days;
}

const KINDS: readonly (readonly [RegExp, NameKind])[] = [
  [/\bDNS:/i, 'dns'],
  [/\bIP:/i, 'ip'],
  [/\bemail:/i, 'email'],
  [/\bURI:/i, 'uri'],
  [/\bmsUPN|1\.3\.6\.1\.4\.1\.311\.20\.2\.3/, 'upn'],
];

const kindsIn = (subAltName: string): NameKind[] =>
  KINDS.flatMap(([pattern, kind]) => (pattern.test(subAltName) ? [kind] : []));
