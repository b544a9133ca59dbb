import { type ByteReader, MalformedMessage } from '../tls-wire/byte-reader.js';
import { Extension } from '../tls-wire/extension-types.js';
import { isGrease, type ClientHello, type ReadExtension } from './client-hello.js';

/** What the extensions of a hello say. Absent ones have the value in {@link NO_EXTENSIONS}. */
export type ExtensionFacts = Pick<
  ClientHello,
  'servername' | 'alpnProtocols' | 'signatureAlgorithms' | 'postHandshakeAuth' | 'malformed'
> & { readonly versions: readonly number[] };

export const NO_EXTENSIONS: ExtensionFacts = {
  servername: null,
  alpnProtocols: [],
  signatureAlgorithms: [],
  postHandshakeAuth: false,
  versions: [],
  malformed: [],
};

/** By the number of the extension. */
const READERS: Readonly<
  Record<number, readonly [name: ReadExtension, read: (content: ByteReader) => Partial<ExtensionFacts>]>
> = {
  [Extension.ServerName]: ['server_name', (content) => ({ servername: serverName(content) })],
  [Extension.SignatureAlgorithms]: [
    'signature_algorithms',
    (content) => ({ signatureAlgorithms: numbers(content, 2) }),
  ],
  [Extension.Alpn]: ['alpn', (content) => ({ alpnProtocols: protocolNames(content) })],
  [Extension.SupportedVersions]: ['supported_versions', (content) => ({ versions: numbers(content, 1) })],
  [Extension.PostHandshakeAuth]: ['post_handshake_auth', () => ({ postHandshakeAuth: true })],
};

/**
 * Reads a list of extensions to its end. An extension with malformed content counts as absent.
 * @throws MalformedMessage when the list itself is malformed, or an extension appears twice (RFC 8446 §4.2): two
 *   readers must not use different ones of the two as the name.
 */
export function readExtensions(list: ByteReader): ExtensionFacts {
  let facts = NO_EXTENSIONS;
  const seen = new Set<number>();
  while (list.left > 0) {
    const type = list.uint16();
    const content = list.vector(2);
    if (seen.has(type)) throw new MalformedMessage(`extension ${String(type)} twice`);
    seen.add(type);
    facts = { ...facts, ...readOne(type, content, facts.malformed) };
  }
  return facts;
}

function readOne(
  type: number,
  content: ByteReader,
  malformed: readonly ReadExtension[],
): Partial<ExtensionFacts> {
  const reader = READERS[type];
  if (reader === undefined) return {};
  const [name, read] = reader;
  try {
    const facts = read(content);
    content.end();
    return facts;
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return { malformed: [...malformed, name] };
  }
}

const HOST_NAME = 0;

/** RFC 6066 §3: a list with at most one name of each type. host_name is the only type. */
function serverName(content: ByteReader): string | null {
  const list = content.vector(2, 1);
  let name: string | null = null;
  while (list.left > 0) {
    const type = list.uint8();
    const bytes = list.vector(2, 1);
    if (type !== HOST_NAME) continue;
    if (name !== null) throw new MalformedMessage('two host names');
    name = hostName(bytes);
  }
  return name;
}

/**
 * Labels of letters, digits, hyphens and, as many names have them, underscores (RFC 1123 §2.1): A-labels, no Unicode.
 */
const LABELS = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;
/** With a final dot. */
const LONGEST_NAME = 254;

function hostName(bytes: ByteReader): string {
  if (bytes.left > LONGEST_NAME) throw new MalformedMessage('no host name');
  const name = latin1(bytes).toLowerCase().replace(/\.$/, '');
  if (!LABELS.test(name)) throw new MalformedMessage('no host name');
  return name;
}

/** RFC 7301 §3.1. Reserved names (RFC 8701 §2) are two bytes of a GREASE number. */
function protocolNames(content: ByteReader): string[] {
  const list = content.vector(2, 2);
  const names: string[] = [];
  while (list.left > 0) {
    const name = latin1(list.vector(1, 1));
    const reserved = name.length === 2 && isGrease((name.charCodeAt(0) << 8) | name.charCodeAt(1));
    if (!reserved) names.push(name);
  }
  return names;
}

function numbers(content: ByteReader, lengthBytes: 1 | 2): number[] {
  return content
    .vector(lengthBytes, 2)
    .uint16s()
    .filter((number) => !isGrease(number));
}

const latin1 = (bytes: ByteReader): string => String.fromCharCode(...bytes.bytes(bytes.left));
