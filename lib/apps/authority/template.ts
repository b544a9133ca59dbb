import { KEY_USAGES, type KeyUsage, usageName, usageOid } from '../../formats/x509/usages.js';
import { isDeviceName } from './addresses.js';
import { badTemplate } from './errors.js';

/** A kind of alternative name. */
export type NameKind = 'dns' | 'ip' | 'email' | 'upn' | 'uri';

/** What certificates of one kind contain, and what is refused. Everything that it does not mention is left out. */
export interface Template {
  /** Lower case, digits and hyphens. */
  readonly name: string;
  /** Days of validity if nothing else is asked for. */
  readonly days: number;
  readonly mostDays: number;
  /** Null for certificates that are no authority; otherwise how many authorities may be below it. */
  readonly pathLength: number | null;
  readonly keyUsage: readonly KeyUsage[];
  /** In addition, for RSA keys. */
  readonly rsaKeyUsage: readonly KeyUsage[];
  /** Purposes (identifiers); empty for any. */
  readonly extendedKeyUsage: readonly string[];
  /** Kinds of alternative names that a certificate may have. */
  readonly names: readonly NameKind[];
  /** Whether it must have one of them. */
  readonly namesRequired: boolean;
  /** 'first-name': the first alternative name is the common name. 'request': as it is in the request. */
  readonly subject: 'first-name' | 'request';
  /** Whether it says where the revocation list, the responder and the issuer's certificate are. */
  readonly revocation: boolean;
  /** Whether nobody is to check its revocation (RFC 6960 §4.2.2.2.1). */
  readonly noRevocationCheck: boolean;
  /** The shortest RSA key; null for none. */
  readonly leastRsaBits: number | null;
  readonly curves: readonly Curve[];
}

export type Curve = (typeof CURVES)[number];
const CURVES = ['P-256', 'P-384', 'P-521'] as const;

const NAME_KINDS = ['dns', 'ip', 'email', 'upn', 'uri'] as const satisfies readonly NameKind[];

/** As in a file: identifiers may be names, and all but the name has a default. */
type TemplateFile = { readonly [Key in keyof Template]?: unknown };

/** No certificate of an authority is valid for longer. */
const MOST_DAYS = 9125;

/** Apple's systems refuse certificates of TLS servers that are valid for longer, private authorities included. */
export const MOST_SERVER_DAYS = 825;

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

const DEFAULTS: Omit<Template, 'name'> = {
  days: 397,
  mostDays: 825,
  pathLength: null,
  keyUsage: ['digitalSignature'],
  rsaKeyUsage: [],
  extendedKeyUsage: [],
  names: [],
  namesRequired: false,
  subject: 'request',
  revocation: true,
  noRevocationCheck: false,
  leastRsaBits: 2048,
  curves: ['P-256', 'P-384'],
};

/**
 * A template in JSON.
 *
 * @throws SchannelError ERR_SCHANNEL_CA_TEMPLATE
 */
export function parseTemplate(json: string): Template {
  if (json.length > 65_536) throw badTemplate('is too long');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw badTemplate('is not JSON');
  }
  return checkTemplate(value);
}

/** @throws SchannelError ERR_SCHANNEL_CA_TEMPLATE */
export function checkTemplate(value: unknown): Template {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badTemplate('is not an object');
  const given = value as TemplateFile;
  const unknown = Object.keys(given).find((key) => key !== 'name' && !Object.hasOwn(DEFAULTS, key));
  if (unknown !== undefined)
    throw badTemplate(`has the unknown property ${JSON.stringify(unknown.slice(0, 64))}`);
  const { name, subject = DEFAULTS.subject } = given;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) {
    throw badTemplate('needs a name of lower-case letters, digits and hyphens');
  }
  if (isDeviceName(name)) throw badTemplate(`cannot be called ${name}: Windows takes that for a device`);
  if (subject !== 'first-name' && subject !== 'request')
    throw badTemplate("needs the subject 'first-name' or 'request'");
  const pathLength = orDefault(given, 'pathLength');
  const leastRsaBits = orDefault(given, 'leastRsaBits');
  const template: Template = {
    name,
    subject,
    days: numberIn('days', orDefault(given, 'days'), 1, MOST_DAYS),
    mostDays: numberIn('mostDays', orDefault(given, 'mostDays'), 1, MOST_DAYS),
    pathLength: pathLength === null ? null : numberIn('pathLength', pathLength, 0, 9),
    keyUsage: listOf('keyUsage', orDefault(given, 'keyUsage'), KEY_USAGES),
    rsaKeyUsage: listOf('rsaKeyUsage', orDefault(given, 'rsaKeyUsage'), KEY_USAGES),
    extendedKeyUsage: purposesOf(orDefault(given, 'extendedKeyUsage')),
    names: listOf('names', orDefault(given, 'names'), NAME_KINDS),
    namesRequired: flag('namesRequired', orDefault(given, 'namesRequired')),
    revocation: flag('revocation', orDefault(given, 'revocation')),
    noRevocationCheck: flag('noRevocationCheck', orDefault(given, 'noRevocationCheck')),
    leastRsaBits: leastRsaBits === null ? null : numberIn('leastRsaBits', leastRsaBits, 2048, 16_384),
    curves: listOf('curves', orDefault(given, 'curves'), CURVES),
  };
  const contradiction = contradictionIn(template);
  if (contradiction !== null) throw badTemplate(`${name} ${contradiction}`);
  return template;
}

const orDefault = (given: TemplateFile, key: keyof typeof DEFAULTS): unknown =>
  given[key] ?? nullOr(given, key);

/** Null is a value for two of them. */
const nullOr = (given: TemplateFile, key: keyof typeof DEFAULTS): unknown =>
  Object.hasOwn(given, key) && given[key] === null ? null : DEFAULTS[key];

function contradictionIn(template: Template): string | null {
  const { keyUsage, rsaKeyUsage, pathLength, extendedKeyUsage, names, namesRequired, days, mostDays } =
    template;
  const usages: readonly KeyUsage[] = [...keyUsage, ...rsaKeyUsage];
  const signs = usages.includes('keyCertSign') || usages.includes('cRLSign');
  if (days > mostDays) return 'has more days than it allows at most';
  if (usages.length === 0) return 'allows its keys nothing';
  if (pathLength === null && signs) return 'has the key usage of an authority, but no pathLength';
  if (pathLength !== null && !keyUsage.includes('keyCertSign'))
    return 'is for authorities, but lacks keyCertSign';
  if (namesRequired && names.length === 0) return 'requires names, but allows none';
  if (template.subject === 'first-name' && !namesRequired)
    return 'takes its subject from names that it does not require';
  if (template.leastRsaBits === null && template.curves.length === 0) return 'allows no kind of key';
  if (pathLength === null && extendedKeyUsage.includes(SERVER_AUTH)) {
    if (mostDays > MOST_SERVER_DAYS)
      return `allows servers ${mostDays} days; Apple's systems refuse more than ${MOST_SERVER_DAYS}`;
    if (!namesRequired)
      return 'is for servers, whose names browsers take only from the alternative names, but requires none';
  }
  return null;
}

function numberIn(key: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw badTemplate(`needs ${key} from ${least} to ${most}`);
}

function flag(key: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw badTemplate(`needs true or false for ${key}`);
}

function listOf<Value extends string>(key: string, value: unknown, allowed: readonly Value[]): Value[] {
  const isAllowed = (one: unknown): one is Value => (allowed as readonly unknown[]).includes(one);
  if (Array.isArray(value) && value.length <= 16 && value.every(isAllowed)) return [...new Set(value)];
  throw badTemplate(`needs a list of these for ${key}: ${allowed.join(', ')}`);
}

function purposesOf(value: unknown): string[] {
  const purposes = Array.isArray(value) && value.length <= 16 ? value.map(purposeOf) : [null];
  if (!purposes.includes(null)) return [...new Set(purposes.filter((purpose) => purpose !== null))];
  throw badTemplate("needs names or identifiers for extendedKeyUsage, such as 'serverAuth'");
}

const purposeOf = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= 128 ? usageOid(value) : null;

/** As it is in a file. */
export const templateJson = (template: Template): object => ({
  ...template,
  extendedKeyUsage: template.extendedKeyUsage.map(usageName),
});

/** Templates that are always there. */
const BUILT_IN: readonly TemplateFile[] = [
  {
    name: 'root',
    days: 3650,
    mostDays: MOST_DAYS,
    pathLength: 1,
    keyUsage: ['keyCertSign', 'cRLSign'],
    revocation: false,
    leastRsaBits: 3072,
    curves: ['P-256', 'P-384', 'P-521'],
  },
  {
    name: 'issuing',
    days: 1825,
    mostDays: 3650,
    pathLength: 0,
    keyUsage: ['keyCertSign', 'cRLSign', 'digitalSignature'],
    leastRsaBits: 2048,
    curves: ['P-256', 'P-384', 'P-521'],
  },
  {
    name: 'server',
    rsaKeyUsage: ['keyEncipherment'],
    extendedKeyUsage: ['serverAuth'],
    names: ['dns', 'ip'],
    namesRequired: true,
    subject: 'first-name',
  },
  { name: 'client', mostDays: 1825, extendedKeyUsage: ['clientAuth'], names: ['email', 'upn'] },
  {
    // Peers that are both, such as bridges of MQTT. Public authorities no longer issue this.
    name: 'server-client',
    rsaKeyUsage: ['keyEncipherment'],
    extendedKeyUsage: ['serverAuth', 'clientAuth'],
    names: ['dns', 'ip'],
    namesRequired: true,
    subject: 'first-name',
  },
  {
    name: 'email',
    mostDays: 1825,
    keyUsage: ['digitalSignature', 'nonRepudiation'],
    rsaKeyUsage: ['keyEncipherment'],
    extendedKeyUsage: ['emailProtection'],
    names: ['email'],
    namesRequired: true,
  },
  {
    name: 'code-signing',
    days: 365,
    mostDays: 1095,
    extendedKeyUsage: ['codeSigning'],
    leastRsaBits: 3072,
  },
  {
    name: 'ocsp',
    days: 30,
    mostDays: 90,
    extendedKeyUsage: ['OCSPSigning'],
    revocation: false,
    noRevocationCheck: true,
  },
];

export const TEMPLATES: ReadonlyMap<string, Template> = new Map(
  BUILT_IN.map(checkTemplate).map((template) => [template.name, template]),
);
