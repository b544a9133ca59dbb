import { argumentError } from '../../base/errors/argument-error.js';
import type { Dialogue } from './dialogue.js';
import { limitExceeded, unavailable, unexpectedReply } from './errors.js';
import type { StartTlsProtocol } from './protocol.js';

/** STARTTLS of XMPP between client and server (RFC 6120 §5): stream, features, starttls, proceed. */
export const xmpp: StartTlsProtocol = async (dialogue, { name, host }) => {
  dialogue.sendText(
    `<?xml version='1.0'?><stream:stream to='${domainOf(name ?? host)}' version='1.0' ` +
      "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
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
    if (end !== '</proceed>') throw unexpectedReply('The server did not end its reply to starttls', end);
  }
  return { ready: true };
};

const NAMESPACE = 'urn:ietf:params:xml:ns:xmpp-tls';

/** The domain that the stream is for. @throws TypeError ERR_INVALID_ARG_VALUE if it would break the tag */
export function domainOf(name: string): string {
  if (/^[^\s<>&'"/@\p{C}]{1,1023}$/u.test(name)) return name;
  throw argumentError('ERR_INVALID_ARG_VALUE', 'name must be the domain of an XMPP server');
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
    if (open.length === 0 && tag === '</stream:features>') return isOffered;
    const [, end, element] = /^<(\/?)([\w:.-]+)/.exec(tag) ?? [];
    if (element === undefined) throw unexpectedReply('The features are not XML of XMPP', tag);
    if (end === '/') {
      if (open.pop() !== element) throw unexpectedReply('The features are not well-formed', tag);
      continue;
    }
    if (open.length === 0 && isTag('starttls', tag)) isOffered = true;
    if (tag.endsWith('/>')) continue;
    if (open.length >= DEEPEST) throw unexpectedReply('The features are nested too deeply', tag);
    open.push(element);
  }
}

const DEEPEST = 10;

/** Whether it begins, or is, this element of STARTTLS. */
const isTag = (element: string, tag: string): boolean =>
  new RegExp(`^<${element}(?=[\\s/>])[^]*\\bxmlns=(["'])${NAMESPACE}\\1`).test(tag);

/**
 * The next tag. A `>` within quotes does not end it. Comments, CDATA and document types are not permitted in XMPP (RFC
 * 6120 §11.1), and only white space in front of a tag, unless text may be there.
 */
async function readTag(dialogue: Dialogue, waitingFor: string, textBefore = false): Promise<string> {
  let text = '';
  do {
    text += await dialogue.readThrough('>', waitingFor);
    if (text.length > dialogue.limits.lineLength) {
      throw limitExceeded(`A tag of more than ${dialogue.limits.lineLength} bytes arrived as ${waitingFor}`);
    }
  } while (isWithinQuotes(text));
  const start = text.indexOf('<');
  const tag = start < 0 ? '' : text.slice(start);
  const isClean = textBefore || text.slice(0, Math.max(start, 0)).trim() === '';
  if (tag === '' || !isClean || /^<[!?](?!xml\s)/.test(tag)) {
    throw unexpectedReply(`What arrived as ${waitingFor} is not XML of XMPP`, text);
  }
  return tag;
}

/** Whether the last `>` is in a value of an attribute. */
function isWithinQuotes(text: string): boolean {
  let quote = '';
  for (const character of text.slice(Math.max(0, text.indexOf('<')))) {
    if (quote === '') {
      if (character === '"' || character === "'") quote = character;
    } else if (character === quote) {
      quote = '';
    }
  }
  return quote !== '';
}
