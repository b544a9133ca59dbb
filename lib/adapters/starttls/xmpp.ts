import { argumentError } from '../../base/errors/argument-error.js';
import type { Dialogue } from './dialogue.js';
import { limitExceeded, unavailable, unexpectedReply } from './errors.js';
import { fullHostname } from './full-hostname.js';
import type { StartTlsProtocol, Upgrade } from './protocol.js';

/** STARTTLS of XMPP between client and server (RFC 6120 §5): stream, features, starttls, proceed. */
export const xmpp: StartTlsProtocol = (dialogue, { name, host }) =>
  upgrade(dialogue, `to='${domainOf(name ?? host)}' version='1.0' xmlns='jabber:client'`);

/** The same between servers. The one that opens the stream says who it is (RFC 6120 §4.7.1). */
export const xmppServer: StartTlsProtocol = (dialogue, { name, host, from }) => {
  const own = from ?? fullHostname();
  const attribute = own === null ? '' : `from='${domainOf(own)}' `;
  return upgrade(dialogue, `${attribute}to='${domainOf(name ?? host)}' version='1.0' xmlns='jabber:server'`);
};

async function upgrade(dialogue: Dialogue, attributes: string): Promise<Upgrade> {
  dialogue.sendText(
    `<?xml version='1.0'?><stream:stream ${attributes} xmlns:stream='http://etherx.jabber.org/streams'>`,
  );
  const opening = await readTag(dialogue, 'the stream');
  const stream = opening.startsWith('<?xml') ? await readTag(dialogue, 'the stream') : opening;
  if (!/^<stream:stream[\s>]/.test(stream)) {
    throw unexpectedReply('The server did not open a stream of XMPP', stream);
  }
  if (!(await offersStartTls(dialogue))) {
    return { ready: false, why: 'The server does not offer STARTTLS', reply: 'no starttls in its features' };
  }

  dialogue.sendText(`<starttls xmlns='${NAMESPACE}'/>`);
  const goAhead = await readTag(dialogue, 'the reply to starttls');
  // Behind it the server closes the stream (RFC 6120 §5.4.2.2).
  if (isTag('failure', goAhead)) throw unavailable('The server refused STARTTLS', goAhead);
  if (!isTag('proceed', goAhead)) {
    throw unexpectedReply('The server did not answer starttls with proceed', goAhead);
  }
  if (!goAhead.endsWith('/>')) {
    const end = await readTag(dialogue, 'the reply to starttls');
    if (!isEnd('proceed', end)) throw unexpectedReply('The server did not end its reply to starttls', end);
  }
  return { ready: true };
}

const NAMESPACE = 'urn:ietf:params:xml:ns:xmpp-tls';

/** A domain in a tag. @throws TypeError ERR_INVALID_ARG_VALUE if it would break the tag */
export function domainOf(name: string, option = 'name'): string {
  if (/^[^\s<>&'"/@\p{C}]{1,1023}$/u.test(name)) return name;
  throw argumentError('ERR_INVALID_ARG_VALUE', `${option} must be the domain of an XMPP server`);
}

/** Reads the features of the stream to their end. */
async function offersStartTls(dialogue: Dialogue): Promise<boolean> {
  const waitingFor = 'the features';
  const first = await readTag(dialogue, waitingFor);
  if (/^<stream:features(\s[^]*)?\/>$/.test(first)) return false;
  if (!/^<stream:features[\s>]/.test(first)) {
    throw unexpectedReply('The server did not send its features', first);
  }
  let isOffered = false;
  // Names of the elements that are open within the features.
  const open: string[] = [];
  for (;;) {
    const tag = await readTag(dialogue, waitingFor, true);
    if (open.length === 0 && isEnd('stream:features', tag)) return isOffered;
    const [, end, element] = /^<(\/?)([^\s/>]+)/.exec(tag) ?? [];
    if (element === undefined) throw unexpectedReply('The features are not XML of XMPP', tag);
    if (end === '/') {
      if (open.pop() !== element || !isEnd(element, tag))
        throw unexpectedReply('The features are not well-formed', tag);
      continue;
    }
    if (open.length === 0 && isTag('starttls', tag)) isOffered = true;
    if (tag.endsWith('/>')) continue;
    if (open.length >= DEEPEST) throw unexpectedReply('The features are nested too deeply', tag);
    open.push(element);
  }
}

const DEEPEST = 10;

/** Whether it begins, or is, this element of STARTTLS. A name space of another element may be within a value. */
function isTag(element: string, tag: string): boolean {
  const [, name, attributes = ''] = START_TAG.exec(tag) ?? [];
  if (name !== element) return false;
  return [...attributes.matchAll(ATTRIBUTE)].some(
    ([, attribute, value = '']) => attribute === 'xmlns' && value.slice(1, -1) === NAMESPACE,
  );
}

const START_TAG = /^<([^\s/>]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*\/?>$/;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g;

/** Whether it is the end of this element; white space may be behind the name. */
const isEnd = (element: string, tag: string): boolean =>
  tag.startsWith(`</${element}`) && /^\s*>$/.test(tag.slice(element.length + 2));

/** Comments, instructions, CDATA and document types, and entities that XML does not have by itself. */
const RESTRICTED = /<!|<\?(?!xml\s)|&(?!(?:lt|gt|amp|quot|apos|#\d+|#x[\da-f]+);)/i;

/**
 * The next tag. A `>` in a text or within quotes does not end it. What is restricted in XMPP (RFC 6120 §11.1) is an
 * error at once, and so is anything but white space in front of a tag, unless text may be there.
 */
async function readTag(dialogue: Dialogue, waitingFor: string, textBefore = false): Promise<string> {
  let text = '';
  for (;;) {
    text += await dialogue.readThrough('>', waitingFor);
    if (text.length > dialogue.limits.lineLength) {
      throw limitExceeded(`A tag of more than ${dialogue.limits.lineLength} bytes arrived as ${waitingFor}`);
    }
    const [, before = '', tag = ''] = /^([^<]*)([^]*)$/.exec(text) ?? [];
    if (RESTRICTED.test(text) || !(textBefore || (tag !== '' && before.trim() === ''))) {
      throw unexpectedReply(`What arrived as ${waitingFor} is not XML of XMPP`, text);
    }
    if (tag !== '' && !isWithinQuotes(tag)) return tag;
  }
}

/** Whether the last `>` is in a value of an attribute. */
function isWithinQuotes(tag: string): boolean {
  let quote = '';
  for (const character of tag) {
    if (quote === '') {
      if (character === '"' || character === "'") quote = character;
    } else if (character === quote) {
      quote = '';
    }
  }
  return quote !== '';
}
