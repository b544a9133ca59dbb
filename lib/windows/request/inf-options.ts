import { type Inf, infError, type InfSetting, parseInf } from '../../formats/request/inf.js';
import { KEY_USAGES, type KeyUsage } from '../../formats/x509/usages.js';
import { printable } from '../../base/text/printable.js';
import type { GenerateKeyOptions } from '../key/generate.js';
import type { OpenKeyOptions } from '../key/open.js';
import { KEY_PROVIDERS, providerTypeOf } from '../key/providers.js';
import type { RequestOptions } from './request-options.js';

/**
 * The options in an INF file of certreq ("certreq", Microsoft Learn). What cannot be done is refused by name, and so is
 * what is not known: a setting that is ignored may be the one that mattered.
 *
 * @param source the text or the bytes of the file
 * @throws SchannelError ERR_SCHANNEL_REQUEST_INF
 */
export function readRequestInf(source: string | Uint8Array): RequestOptions {
  const inf = parseInf(source);
  const draft: Draft = {
    options: {},
    key: {},
    names: { dns: [], ip: [], email: [], upn: [], uri: [] },
    existing: false,
  };
  if (!inf.has('newrequest')) throw infError(null, 'The INF file has no section [NewRequest]');
  for (const [section, settings] of inf) {
    const read = SECTIONS[section];
    if (read === undefined)
      throw infError(settings[0]?.line ?? null, `The section [${printable(section, 40)}] is not supported`);
    read(settings, draft);
  }
  return finished(draft, inf);
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What has been read so far. */
interface Draft {
  readonly options: Writable<RequestOptions>;
  readonly key: Writable<GenerateKeyOptions>;
  readonly names: Record<'dns' | 'ip' | 'email' | 'upn' | 'uri', string[]>;
  /** UseExistingKeySet */
  existing: boolean;
}

type Reader = (settings: readonly InfSetting[], draft: Draft) => void;

const SECTIONS: Readonly<Partial<Record<string, Reader>>> = {
  version: (settings) => {
    for (const { key, value, line } of settings) {
      if (key.toLowerCase() !== 'signature' || !/^\$(windows nt|chicago)\$$/i.test(value)) {
        throw infError(line, `'${printable(key, 40)}' is not the signature of an INF file`);
      }
    }
  },
  newrequest: (settings, draft) => {
    const seen = new Set<string>();
    for (const setting of settings) {
      const name = setting.key.toLowerCase();
      if (seen.has(name)) throw infError(setting.line, `${setting.key} stands there twice`);
      seen.add(name);
      const read = SETTINGS[name];
      if (read === undefined)
        throw infError(setting.line, `'${printable(setting.key, 40)}' is not a setting that is known`);
      read(setting, draft);
    }
  },
  extensions: (settings, draft) => {
    for (const setting of settings) readExtension(setting, draft);
  },
  enhancedkeyusageextension: (settings, { options }) => {
    for (const { key, value, line } of settings) {
      if (key.toLowerCase() !== 'oid') throw infError(line, `'${printable(key, 40)}' is no purpose`);
      options.usages = [...(options.usages ?? []), purpose(value, line)];
    }
  },
  requestattributes: (settings, draft) => {
    for (const { key, value, line } of settings) {
      if (key.toLowerCase() === 'certificatetemplate') draft.options.template = value;
      else if (key.toLowerCase() === 'san') readNames(value, line, draft);
      else throw infError(line, `The attribute '${printable(key, 40)}' is not supported`);
    }
  },
};

type SettingReader = (setting: InfSetting, draft: Draft) => void;

/** The settings of [NewRequest], in lower case. */
const SETTINGS: Readonly<Partial<Record<string, SettingReader>>> = {
  subject: ({ value }, { options }) => void (options.subject = value),
  friendlyname: ({ value }, { options }) => void (options.friendlyName = value),
  exportable: (setting, { key }) => void (key.exportable = flag(setting)),
  exportableencrypted: (setting, { key }) => {
    if (flag(setting) && key.exportable !== true) {
      throw infError(
        setting.line,
        'A key that can only be exported encrypted cannot be made: use Exportable = TRUE, or FALSE',
      );
    }
  },
  keylength: (setting, { key }) => void (key.modulusLength = whole(setting)),
  keyalgorithm: readAlgorithm,
  hashalgorithm: (setting, { options }) => {
    const bits = /^sha-?(256|384|512)$/i.exec(setting.value)?.[1];
    if (bits === undefined) throw unsupported(setting, 'requests are signed with SHA-2');
    options.digest = `sha${bits}` as 'sha256' | 'sha384' | 'sha512';
  },
  keyspec: (setting) => {
    if (!/^(0|1|0x0|0x1|at_none|at_keyexchange)$/i.test(setting.value)) {
      throw unsupported(setting, 'a key that only signs cannot be made in a CSP');
    }
  },
  keyusage: (setting, { options }) => void (options.keyUsage = keyUsages(setting)),
  machinekeyset: (setting, { options }) => {
    options.location = flag(setting) ? 'LocalMachine' : 'CurrentUser';
  },
  providername: ({ value }, { key }) => void (key.provider = value),
  providertype: (setting, { key }) => void (key.providerType = whole(setting)),
  keycontainer: ({ value }, { key }) => void (key.name = value),
  useexistingkeyset: (setting, draft) => void (draft.existing = flag(setting)),
  renewalcert: ({ value }, { options }) => void (options.renew = value),
  silent: (setting, { key }) => void (key.silent = flag(setting)),
  alternatesignaturealgorithm: (setting, { options }) => {
    if (flag(setting)) options.padding = 'pss';
  },
  // Nothing is added that could be suppressed.
  suppressdefaults: (setting) => void flag(setting),
  requesttype: (setting) => {
    if (!/^pkcs10(-)?$/i.test(setting.value)) throw unsupported(setting, 'only PKCS10 can be made');
  },
  smime: mustBeFalse,
  privatekeyarchive: mustBeFalse,
  encipheronly: mustBeFalse,
};

/** CNG_… and CALG names of certreq. ECDH_… is the same key, with another usage. */
function readAlgorithm(setting: InfSetting, { key }: Draft): void {
  const value = setting.value.toUpperCase();
  if (value === 'RSA') {
    key.algorithm = 'rsa';
    return;
  }
  const curve = /^(?:ECDSA|ECDH)_P(256|384|521)$/.exec(value)?.[1];
  if (curve === undefined)
    throw unsupported(setting, 'RSA, ECDSA_P256, ECDSA_P384 and ECDSA_P521 can be made');
  key.algorithm = 'ec';
  key.namedCurve = `P-${curve}` as 'P-256' | 'P-384' | 'P-521';
}

function mustBeFalse(setting: InfSetting): void {
  if (flag(setting)) throw unsupported(setting, 'it can only be FALSE');
}

/** The order of the bits is that of KEY_USAGES; the last one is in a second byte (CERT_…_KEY_USAGE in wincrypt.h). */
const BITS: readonly number[] = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x8000];

const BY_NAME: ReadonlyMap<string, number> = new Map([
  ['CERT_DIGITAL_SIGNATURE_KEY_USAGE', 0x80],
  ['CERT_NON_REPUDIATION_KEY_USAGE', 0x40],
  ['CERT_KEY_ENCIPHERMENT_KEY_USAGE', 0x20],
  ['CERT_DATA_ENCIPHERMENT_KEY_USAGE', 0x10],
  ['CERT_KEY_AGREEMENT_KEY_USAGE', 0x08],
  ['CERT_KEY_CERT_SIGN_KEY_USAGE', 0x04],
  ['CERT_OFFLINE_CRL_SIGN_KEY_USAGE', 0x02],
  ['CERT_CRL_SIGN_KEY_USAGE', 0x02],
  ['CERT_ENCIPHER_ONLY_KEY_USAGE', 0x01],
  ['CERT_DECIPHER_ONLY_KEY_USAGE', 0x8000],
]);

function keyUsages(setting: InfSetting): KeyUsage[] {
  const bits = setting.value.split('|').reduce((sum, part) => {
    const name = part.trim();
    const number =
      /^0x[0-9a-f]{1,4}$/i.test(name) || /^\d{1,5}$/.test(name)
        ? Number(name)
        : BY_NAME.get(name.toUpperCase());
    if (number === undefined) throw unsupported(setting, `'${printable(name, 40)}' is no key usage`);
    return sum | number;
  }, 0);
  if ((bits & ~BITS.reduce((sum, bit) => sum | bit, 0)) !== 0)
    throw unsupported(setting, 'it has unknown bits');
  return KEY_USAGES.filter((_, index) => (bits & (BITS[index] ?? 0)) !== 0);
}

function readExtension({ key, value, line }: InfSetting, draft: Draft): void {
  const text = /^\{text\}(.*)$/is.exec(value)?.[1];
  if (text === undefined) throw infError(line, `The extension ${printable(key, 40)} is not given as {text}`);
  if (key === '2.5.29.17') readNames(text, line, draft);
  else if (key === '2.5.29.37') {
    const oids = text.split(',').map((oid) => oid.trim());
    draft.options.usages = [
      ...(draft.options.usages ?? []),
      ...oids.filter(Boolean).map((oid) => purpose(oid, line)),
    ];
  } else throw infError(line, `The extension ${printable(key, 40)} is not supported`);
}

const NAME_KINDS: ReadonlyMap<string, keyof Draft['names']> = new Map([
  ['dns', 'dns'],
  ['ipaddress', 'ip'],
  ['email', 'email'],
  ['upn', 'upn'],
  ['url', 'uri'],
]);

/** 'dns=a.example&ipaddress=192.0.2.1&': the last separator is optional. */
function readNames(text: string, line: number, { names }: Draft): void {
  for (const part of text.split('&')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const kind = NAME_KINDS.get(part.slice(0, at).trim().toLowerCase());
    if (kind === undefined) throw infError(line, `'${printable(part, 40)}' is no name that is supported`);
    names[kind].push(part.slice(at + 1).trim());
  }
}

function purpose(text: string, line: number): string {
  if (/^\d+(\.\d+)+$/.test(text)) return text;
  throw infError(line, `'${printable(text, 40)}' is no identifier of a purpose`);
}

function flag({ key, value, line }: InfSetting): boolean {
  if (/^(true|yes|1)$/i.test(value)) return true;
  if (/^(false|no|0)$/i.test(value)) return false;
  throw infError(line, `${key} must be TRUE or FALSE`);
}

function whole({ key, value, line }: InfSetting): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw infError(line, `${key} must be a number`);
}

const unsupported = ({ key, value, line }: InfSetting, why: string): Error =>
  infError(line, `${key} = ${printable(value, 40)} is not supported: ${why}`);

/** What depends on several settings. */
function finished({ options, key, names, existing }: Draft, inf: Inf): RequestOptions {
  const lineOf = (name: string): number | null =>
    inf.get('newrequest')?.find((setting) => setting.key.toLowerCase() === name)?.line ?? null;
  const { provider, providerType, name } = key;
  if (provider !== undefined && providerType !== undefined && isKeyStorage(provider) && providerType > 1) {
    throw infError(lineOf('providertype'), `${provider} is a key storage provider, which has no type`);
  }
  // certreq writes 0 or 1 for a key storage provider.
  if (provider === undefined || isKeyStorage(provider)) delete key.providerType;
  for (const [kind, list] of Object.entries(names))
    if (list.length > 0) Object.assign(options, { [kind]: list });
  if (
    options.renew === undefined &&
    options.subject === undefined &&
    Object.values(names).every(({ length }) => length === 0)
  ) {
    throw infError(null, 'The INF file gives neither a subject nor a name');
  }
  if (!existing) return { ...options, key };
  if (name !== undefined) {
    const existingKey: OpenKeyOptions = {
      name,
      machine: options.location === 'LocalMachine',
      ...(key.provider !== undefined && { provider: key.provider }),
      ...(key.providerType !== undefined && { providerType: key.providerType }),
      ...(key.silent !== undefined && { silent: key.silent }),
    };
    return { ...options, existingKey };
  }
  if (options.renew !== undefined) return { ...options, sameKey: true };
  throw infError(lineOf('useexistingkeyset'), 'UseExistingKeySet needs KeyContainer or RenewalCert');
}

const isKeyStorage = (provider: string): boolean =>
  providerTypeOf(provider) === 0 && Object.values<string>(KEY_PROVIDERS).includes(provider);
