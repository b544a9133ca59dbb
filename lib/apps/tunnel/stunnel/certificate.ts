import type { OptionLine } from '../../../formats/stunnel/configuration.js';
import { faultAt, faultIn, refusal, sectionText } from '../../../formats/stunnel/fault.js';
import type { PlannedCertificate, PlannedSource, PlannedTls } from './plan.js';
import type { SectionOptions } from './section-options.js';

type CertificatePart = Pick<PlannedTls, 'cert' | 'key' | 'certificate'>;

const IN_STORE =
  /^(?:cert:\\)?((?:CurrentUser|LocalMachine|CurrentService)\\[^\\]+|(?:Services|Users)\\[^\\]+\\[^\\]+)\\(.+)$/i;
const STORE_URI = /^cng:/i;
const TOKEN_URI = /^pkcs11:/i;
const DEFAULT_STORE = 'CurrentUser\\MY';

/**
 * The certificate of a section: files, or one of the Windows store.
 *
 * @param resolve makes a path complete
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG, ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED
 */
export function certificateOf(options: SectionOptions, resolve: (path: string) => string): CertificatePart {
  const lines = options.all('cert');
  const key = options.last('key');
  const [first, second] = lines;
  const store = storeOfEngine(options);
  if (first === undefined) {
    if (key !== undefined && !isReference(key))
      throw faultIn(key, 'There is no "cert" to which the key belongs');
    if (store !== null) return { certificate: isClient(options) ? 'issuers' : { store } };
    if (isClient(options)) return {};
    throw faultAt(
      options.place,
      `Service ${sectionText(options.name)}: TLS server needs a certificate`,
      NEEDS_CERTIFICATE,
    );
  }
  for (const line of lines) {
    if (TOKEN_URI.test(line.value)) throw tokenRefused(line);
  }
  const inStore = storedCertificate(first);
  if (inStore !== null) {
    if (second !== undefined)
      throw faultIn(second, 'A certificate of the Windows store is the only "cert" of its section');
    if (key !== undefined && !isReference(key)) {
      throw faultIn(key, 'The key of a certificate in the Windows store is there too', 'Leave "key" out.');
    }
    return { certificate: inStore };
  }
  if (key !== undefined && TOKEN_URI.test(key.value)) throw tokenRefused(key);
  return {
    cert: lines.map((line): PlannedSource => ({ file: resolve(fileOf(line)) })),
    ...(key === undefined ? {} : { key: { file: resolve(fileOf(key)) } }),
  };
}

const NEEDS_CERTIFICATE = 'Give it one with "cert", or begin the section with "client = yes".';

const isClient = (options: SectionOptions): boolean => options.flag('client') === true;
const isReference = ({ value }: OptionLine): boolean => STORE_URI.test(value) || IN_STORE.test(value);

const tokenRefused = (line: OptionLine): Error =>
  refusal(
    line,
    'Windows has no PKCS#11',
    "Use the token's Windows minidriver: its certificates are in the store.",
  );

function fileOf(line: OptionLine): string {
  if (isReference(line)) throw faultIn(line, "Files and the Windows store can't be mixed");
  if (line.value === '') throw faultIn(line, 'The file has no name');
  return line.value;
}

/** The certificate of the store that a line names; null for a file. */
function storedCertificate(line: OptionLine): PlannedCertificate | null {
  if (STORE_URI.test(line.value)) return ofUri(line);
  const parts = IN_STORE.exec(line.value);
  if (parts === null) return null;
  const [, store = '', name = ''] = parts;
  return { store, ...byThumbprintOrName(name) };
}

function byThumbprintOrName(name: string): Omit<PlannedCertificate, 'store'> {
  const thumbprint = thumbprintOf(name);
  if (thumbprint !== null) return { thumbprint };
  return /^[^\s=]+\.[^\s=]+$/.test(name)
    ? { dns: name }
    : { subject: name.includes('=') ? name : `CN=${name}` };
}

function thumbprintOf(text: string): string | null {
  const digits = text.replace(/[\s:]/g, '').toUpperCase();
  return /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(digits) ? digits : null;
}

/** 'cng:store_name=MY;store_location=LocalMachine;lookup_method=thumbprint;object=…', as stunnel's CNG provider has it. */
function ofUri(line: OptionLine): PlannedCertificate {
  const parts = new Map<string, string>();
  for (const part of line.value.slice('cng:'.length).split(';')) {
    const sign = part.indexOf('=');
    if (sign > 0) parts.set(part.slice(0, sign).trim().toLowerCase(), decoded(part.slice(sign + 1).trim()));
    else if (part.trim() !== '') throw faultIn(line, 'The URI has a part without "="');
  }
  if (parts.has('pin')) {
    throw refusal(line, 'Windows asks for the PIN itself', 'Leave "pin" out of the URI.');
  }
  const object = parts.get('object') ?? '';
  if (object === '') throw faultIn(line, 'The URI names no certificate', 'Add "object=…" to it.');
  const store = `${parts.get('store_location') ?? 'CurrentUser'}\\${parts.get('store_name') ?? 'MY'}`;
  switch ((parts.get('lookup_method') ?? 'substring').toLowerCase()) {
    case 'substring':
      return { store, subject: object };
    case 'friendlyname':
      return { store, friendlyName: object };
    case 'thumbprint': {
      const thumbprint = thumbprintOf(object);
      if (thumbprint === null) throw faultIn(line, 'The thumbprint is not 40 or 64 hexadecimal digits');
      return { store, thumbprint };
    }
    default:
      throw faultIn(line, 'The lookup_method is one of substring, friendlyname, thumbprint');
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const ENGINES = ['capi', 'cng'];

/**
 * The store that an engine or a provider stands for; null if the section uses none.
 * @throws SchannelError ERR_SCHANNEL_TUNNEL_CONFIG_REFUSED for an engine that is not Windows'
 */
export function storeOfEngine(options: SectionOptions): string | null {
  const named = [...options.all('engine'), ...options.all('engineId')];
  for (const line of named) {
    if (!ENGINES.includes(line.value.toLowerCase())) {
      throw refusal(line, 'Windows has no engines of OpenSSL', ENGINE_INSTEAD);
    }
  }
  for (const line of options.all('provider')) {
    if (!['cng', 'default', 'base', 'legacy'].includes(line.value.toLowerCase())) {
      throw refusal(line, 'Windows has no providers of OpenSSL', ENGINE_INSTEAD);
    }
  }
  if (options.last('engineId') === undefined && options.last('engineNum') === undefined) return null;
  let [location, name] = DEFAULT_STORE.split('\\');
  for (const line of options.all('engineCtrl')) {
    const [command = '', value = ''] = line.value.split(':', 2);
    if (command.trim() === 'store_name') name = value.trim();
    if (command.trim() === 'store_flags') location = value.trim() === '1' ? 'LocalMachine' : 'CurrentUser';
  }
  return `${location ?? ''}\\${name ?? ''}`;
}

const ENGINE_INSTEAD =
  'Use "cert" with a certificate of the Windows store. Those of a token are there, by its Windows minidriver.';
