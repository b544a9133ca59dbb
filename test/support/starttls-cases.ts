import type { StartTlsProtocolName } from '#lib/adapters/starttls/start-tls.js';
import type { Turn } from './byte-script.js';

/** A protocol as a willing server speaks it, and how an unwilling one differs. */
export interface StartTlsCase {
  readonly protocol: StartTlsProtocolName;
  /** The whole dialogue up to the go-ahead. */
  readonly willing: readonly Turn[];
  /** Answers that say that there is no TLS, by the turn in which they come. */
  readonly unavailable: readonly (readonly [what: string, turn: number, answer: string])[];
  /** Answers that no server of this protocol gives there, or that end the session. */
  readonly wrong: readonly (readonly [what: string, turn: number, answer: string])[];
  /** Answers that are too long before they have begun. */
  readonly tooLong?: readonly (readonly [what: string, turn: number, answer: string])[];
  /** Whether a caller can go on in the clear. Default true. */
  readonly hasFallback?: false;
  /** The code for bytes behind the last answer. Default ERR_SCHANNEL_PEER_STARTTLS_INJECTION. */
  readonly injection?: 'ERR_SCHANNEL_PEER_STARTTLS_REPLY';
  /** How the server sends what belongs to TLS, if not as it is. */
  readonly carried?: (text: string) => string;
  /** Other ways to the same end. */
  readonly alsoWilling?: readonly (readonly [what: string, script: readonly Turn[]])[];
}

/** More than a line may have. */
const LONG = 'x'.repeat(2050);

/** Lines, one more than a reply may have. */
const many = (line: string): string => `${line}\r\n`.repeat(101);

const IMAP: StartTlsCase = {
  protocol: 'imap',
  willing: [
    [null, '* OK hello\r\n'],
    ['a1 CAPABILITY\r\n', '* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n'],
    ['a2 STARTTLS\r\n', 'a2 OK begin\r\n'],
  ],
  unavailable: [
    ['that does not offer it', 1, '* CAPABILITY IMAP4rev1 XSTARTTLS LOGINDISABLED\r\na1 OK done\r\n'],
    ['that knows no CAPABILITY', 1, 'a1 BAD what\r\n'],
    ['that refuses it', 2, 'a2 NO not now\r\n'],
    ['that does not know it', 2, 'a2 BAD what\r\n'],
    ['whose offer is only in a literal', 1, '* OK {10}\r\n\r\nSTARTTLS x\r\na1 OK done\r\n'],
    ['whose offer is in a text', 1, '* OK STARTTLS\r\na1 OK STARTTLS\r\n'],
    ['whose offer has a NUL', 1, '* CAPABILITY IMAP4rev1 STARTTLS\x00\r\na1 OK done\r\n'],
    ['whose greeting has other capabilities', 0, '* OK [CAPABILITY IMAP4rev1] STARTTLS\r\n'],
  ],
  wrong: [
    ['PREAUTH', 0, '* PREAUTH welcome\r\n'],
    ['a goodbye as greeting', 0, '* BYE go away\r\n'],
    ['another protocol', 0, '220 mail ESMTP\r\n'],
    ['an early goodbye', 1, '* BYE\r\n'],
    ['another tag', 2, 'a1 OK begin\r\n'],
    ['no tag', 2, 'OK begin\r\n'],
    ['a question', 2, '+ go on\r\n'],
    ['PREAUTH that offers it', 0, '* preauth [CAPABILITY STARTTLS] welcome\r\n'],
    ['an empty line as greeting', 0, '\r\n'],
    ['a greeting with a tag', 0, 'a1 OK hello\r\n'],
    ['a goodbye before the go-ahead', 2, '* BYE\r\na2 OK begin\r\n'],
    ['a longer tag', 2, 'a22 OK begin\r\n'],
    ['something longer than yes', 2, 'a2 OKAY\r\n'],
    ['a NUL in the go-ahead', 2, 'a2 OK\x00\r\n'],
    ['white space in front of the go-ahead', 2, ' a2 OK\r\n'],
  ],
  tooLong: [
    ['a literal', 1, '* OK {8193}\r\n'],
    ['a literal that the server does not wait with', 1, '* OK {8193+}\r\n'],
    ['a literal with a length of eleven digits', 1, '* OK {99999999999}\r\na1 OK\r\n'],
    ['a literal with a length of many digits', 0, `* OK {${'9'.repeat(400)}}\r\n`],
    ['a line behind a literal', 1, `* OK {1}\r\nx${LONG}\r\n`],
    ['a line of many literals', 1, `* OK ${`{8192}\r\n${'x'.repeat(8192)}`.repeat(8)}\r\n`],
    ['a greeting', 0, `* OK ${LONG}\r\n`],
    ['a go-ahead', 2, `a2 OK ${LONG}\r\n`],
    ['a list', 1, many('* OK')],
    ['a list before the go-ahead', 2, `${many('* OK')}a2 OK\r\n`],
  ],
  alsoWilling: [
    [
      'capabilities in the greeting',
      [
        [null, '* OK [CAPABILITY IMAP4rev1 starttls] hello\r\n'],
        ['a2 STARTTLS\r\n', 'a2 ok\r\n'],
      ],
    ],
    [
      'literals and other lines between, one of which looks like the go-ahead',
      [
        [null, '* OK hello {4}\r\nx\r\ny\r\n'],
        ['a1 CAPABILITY\r\n', '* CAPABILITY IMAP4 STARTTLS\r\n* OK {14+}\r\na1 NO really\r\n\r\na1 OK\r\n'],
        ['a2 STARTTLS\r\n', '* OK [ALERT] soon\r\na2 OK\r\n'],
      ],
    ],
  ],
};

/** Octets as a string of latin1. */
const octets = (...values: readonly (number | string)[]): string =>
  values.map((value) => (typeof value === 'string' ? value : String.fromCharCode(value))).join('');

/** An LDAPMessage with lengths in one octet. */
const ldapMessage = (id: number, tag: number, content: string): string =>
  octets(0x30, 5 + content.length, 0x02, 1, id, tag, content.length, content);

const ldapResult = (code: number, text = '', more = ''): string =>
  octets(0x0a, 1, code, 0x04, 0, 0x04, text.length, text, more);

const LDAP_REQUEST = octets(0x30, 0x1d, 2, 1, 1, 0x77, 0x18, 0x80, 0x16, '1.3.6.1.4.1.1466.20037');

const LDAP: StartTlsCase = {
  protocol: 'ldap',
  hasFallback: false,
  willing: [[LDAP_REQUEST, ldapMessage(1, 0x78, ldapResult(0))]],
  unavailable: [
    ['that does not know it', 0, ldapMessage(1, 0x78, ldapResult(2, 'unsupported extended operation'))],
    ['that has operations outstanding', 0, ldapMessage(1, 0x78, ldapResult(1))],
    ['that has none at the moment', 0, ldapMessage(1, 0x78, ldapResult(52))],
    ['that refers to another one', 0, ldapMessage(1, 0x78, ldapResult(10, '', octets(0xa3, 0)))],
    ['with a code that nobody knows', 0, ldapMessage(1, 0x78, ldapResult(80))],
    [
      'that answers twice',
      0,
      ldapMessage(1, 0x78, ldapResult(1, 'operations are outstanding')) + ldapMessage(1, 0x78, ldapResult(0)),
    ],
  ],
  wrong: [
    ['the end of the session', 0, ldapMessage(0, 0x78, ldapResult(52, 'bye', octets(0x8a, 1, 'x')))],
    ['the answer to another message', 0, ldapMessage(2, 0x78, ldapResult(0))],
    ['the answer to another operation', 0, ldapMessage(1, 0x61, ldapResult(0))],
    ['another protocol', 0, 'HTTP/1.1 400 Bad Request\r\n'],
    ['a length without an end', 0, octets(0x30, 0x80, 0, 0)],
    ['a length of five octets', 0, octets(0x30, 0x85, 0, 0, 0, 0, 0)],
    ['a length that lies', 0, octets(0x30, 5, 2, 1, 1, 0x78, 0x7f)],
    ['a number that is negative', 0, ldapMessage(1, 0x78, octets(0x0a, 1, 0xff, 4, 0, 4, 0))],
    ['nothing', 0, octets(0x30, 0)],
    ['a length of 2^32 in five octets', 0, octets(0x30, 0x85, 1, 0, 0, 0, 0)],
    ['a length of 127 octets', 0, octets(0x30, 0xff)],
    ['a set in place of the sequence', 0, octets(0x31, ldapMessage(1, 0x78, ldapResult(0)).slice(1))],
    ['an intermediate response', 0, ldapMessage(1, 0x79, ldapResult(0))],
    ['a number and nothing else', 0, octets(0x30, 3, 2, 1, 1)],
    ['an inner length without an end', 0, octets(0x30, 7, 2, 1, 1, 0x78, 0x80, 0, 0)],
    ['an inner length of gigabytes', 0, octets(0x30, 9, 2, 1, 1, 0x78, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['an inner length of 2^32', 0, octets(0x30, 10, 2, 1, 1, 0x78, 0x85, 1, 0, 0, 0, 0)],
    ['an inner length that is cut', 0, octets(0x30, 7, 2, 1, 1, 0x78, 0x84, 0, 0)],
    ['a message number without octets', 0, octets(0x30, 11, 2, 0, 0x78, 7, ldapResult(0))],
    ['a message number of five octets', 0, octets(0x30, 16, 2, 5, 0, 0, 0, 0, 1, 0x78, 7, ldapResult(0))],
    ['a message number that is negative', 0, ldapMessage(0xff, 0x78, ldapResult(0))],
    ['a code without octets', 0, ldapMessage(1, 0x78, octets(0x0a, 0, 4, 0, 4, 0))],
    ['a code that is an integer', 0, ldapMessage(1, 0x78, octets(2, 1, 0, 4, 0, 4, 0))],
    ['a code and nothing else', 0, ldapMessage(1, 0x78, octets(0x0a, 1, 0))],
    ['a text that is longer than its message', 0, ldapMessage(1, 0x78, octets(0x0a, 1, 0, 4, 0, 4, 9))],
  ],
  tooLong: [
    ['a message', 0, octets(0x30, 0x83, 0, 0x40, 1)],
    ['a message of gigabytes', 0, octets(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['a message by a length of two octets', 0, octets(0x30, 0x82, 0x40, 1)],
    ['a message by a length of four octets', 0, octets(0x30, 0x84, 0, 0, 0x40, 1)],
  ],
  alsoWilling: [
    ...[
      [0x81, 0x0c],
      [0x82, 0, 0x0c],
      [0x83, 0, 0, 0x0c],
    ].map((length): readonly [string, readonly Turn[]] => [
      `a length of ${length.length - 1} more octets than it needs`,
      [[LDAP_REQUEST, octets(0x30, ...length, ldapMessage(1, 0x78, ldapResult(0)).slice(2))]],
    ]),
    [
      'a name behind the result',
      [[LDAP_REQUEST, ldapMessage(1, 0x78, ldapResult(0, '', octets(0x8a, 3, '1.3')))]],
    ],
    [
      'lengths of four octets, as those of Active Directory',
      [[LDAP_REQUEST, octets(0x30, 0x84, 0, 0, 0, 0x10, 2, 1, 1, 0x78, 0x84, 0, 0, 0, 7, ldapResult(0))]],
    ],
  ],
};

const POSTGRES: StartTlsCase = {
  protocol: 'postgres',
  hasFallback: false,
  willing: [[octets(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f), 'S']],
  unavailable: [['without TLS', 0, 'N']],
  wrong: [
    ['an error', 0, octets('E', 0, 0, 0, 20, 'SFATAL', 0, 'Mnot for you', 0, 0)],
    ['GSSAPI', 0, 'G'],
    ['TLS', 0, octets(0x15, 3, 3, 0, 2, 2, 40)],
    ['a small letter', 0, 's'],
    ['a NUL', 0, '\x00'],
    ['a line end', 0, '\r\n'],
    ['a yes behind white space', 0, ' S'],
    ['an error of an old server', 0, 'EFATAL: unsupported frontend protocol\x00'],
  ],
};

/** A packet of MySQL. */
const packet = (number: number, content: string): string => octets(content.length, 0, 0, number, content);

const greeting = (capabilities: number, version = 10): string =>
  packet(
    0,
    octets(
      version,
      '8.0.36',
      0,
      1,
      0,
      0,
      0,
      'saltsalt',
      0,
      capabilities & 0xff,
      capabilities >> 8,
      45,
      2,
      0,
      0,
      0,
      21,
    ),
  );

const SSL_REQUEST = packet(1, octets(0x01, 0x8a, 0x08, 0, 0, 0, 0, 1, 45, '\x00'.repeat(23)));

const MYSQL: StartTlsCase = {
  protocol: 'mysql',
  hasFallback: false,
  // There is no go-ahead: what follows the greeting was there before TLS was asked for.
  injection: 'ERR_SCHANNEL_PEER_STARTTLS_REPLY',
  willing: [
    [null, greeting(0xffff)],
    [SSL_REQUEST, ''],
  ],
  unavailable: [['that does not offer it', 0, greeting(0xf7ff)]],
  wrong: [
    ['a refusal', 0, packet(0, octets(0xff, 0x69, 0x04, "Host 'x' is not allowed to connect"))],
    ['another version', 0, greeting(0xffff, 9)],
    ['another number', 0, packet(1, greeting(0xffff).slice(4))],
    ['a version without an end', 0, packet(0, octets(10, '8.0.36'))],
    ['a greeting that is cut', 0, packet(0, greeting(0xffff).slice(4, 20))],
    ['nothing', 0, packet(0, '')],
    ['another protocol', 0, packet(0, 'OK')],
    ['a refusal without a text', 0, packet(0, octets(0xff))],
    ['a refusal with another number', 0, packet(7, octets(0xff, 0x10, 4, 'too many'))],
    ['a packet of the end', 0, packet(0, octets(0xfe))],
    ['the greeting of another server', 0, packet(0, 'SSH-2.0-OpenSSH'.padEnd(60, 'x'))],
    ...Array.from(
      { length: 24 },
      (_, length) =>
        [`${length} bytes of a greeting`, 0, packet(0, greeting(0xffff).slice(4, 4 + length))] as const,
    ),
  ],
  tooLong: [
    ['a greeting', 0, octets(1, 0x10, 0, 0)],
    ['a greeting of megabytes', 0, octets(0xff, 0xff, 0xff, 0)],
    ['a refusal', 0, octets(1, 0x10, 0, 0, 0xff)],
    ['another protocol', 0, '220 mail ESMTP\r\n'],
  ],
};

const stream = (attributes: string): string =>
  `<?xml version='1.0'?><stream:stream ${attributes} xmlns:stream='http://etherx.jabber.org/streams'>`;
const STREAM = stream("to='a.example' version='1.0' xmlns='jabber:client'");
const OPENED =
  '<?xml version="1.0"?><stream:stream id="1>2" from="a.example" version="1.0" xmlns="jabber:client">';
const XMPP_TLS = 'xmlns="urn:ietf:params:xml:ns:xmpp-tls"';
const features = (content: string): string => `${OPENED}<stream:features>${content}</stream:features>`;
const START = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

const XMPP: StartTlsCase = {
  protocol: 'xmpp',
  hasFallback: false,
  willing: [
    [STREAM, features(`<starttls ${XMPP_TLS}><required/></starttls><x><y>it's > text</y></x>`)],
    [START, `<proceed ${XMPP_TLS}/>`],
  ],
  unavailable: [
    ['that does not offer it', 0, features('<mechanisms><mechanism>PLAIN</mechanism></mechanisms>')],
    ['that offers nothing', 0, `${OPENED}<stream:features/>`],
    ['that offers it for another name space', 0, features('<starttls xmlns="urn:x"/>')],
    ['that offers it within something else', 0, features(`<x><starttls ${XMPP_TLS}/></x>`)],
    ['that offers it in a value', 0, features(`<starttls x='${XMPP_TLS}'/>`)],
    ['that offers it behind a prefix', 0, features(`<starttls x:${XMPP_TLS}/>`)],
    ['that offers it in a text', 0, features('<x>starttls urn:ietf:params:xml:ns:xmpp-tls</x>')],
    ['that offers something longer', 0, features(`<starttls2 ${XMPP_TLS}/>`)],
    [
      'that offers it with an entity',
      0,
      features('<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tl&#115;"/>'),
    ],
    ['that fails at length', 1, `<failure ${XMPP_TLS}></failure></stream:stream>`],
    ['that fails', 1, `<failure ${XMPP_TLS}/></stream:stream>`],
  ],
  wrong: [
    ['another protocol', 0, '<html><body>'],
    ['an error in place of features', 0, `${OPENED}<stream:error><host-unknown/></stream:error>`],
    ['a comment', 0, features('<!-- x -->')],
    ['a document type', 0, '<?xml version="1.0"?><!DOCTYPE x []>'],
    ['an instruction', 0, features('<?x y?>')],
    ['text in front of the stream', 0, `x${OPENED}`],
    ['features that are not well-formed', 0, features('<x></y>')],
    ['features that are nested deeply', 0, features('<x>'.repeat(11))],
    ['another name space of proceed', 1, '<proceed xmlns="urn:x"/>'],
    ['another element', 1, `<proceeds ${XMPP_TLS}/>`],
    ['a proceed that has content', 1, `<proceed ${XMPP_TLS}><x/>`],
    ['text in front of proceed', 1, `x<proceed ${XMPP_TLS}/>`],
    ['a comment with an apostrophe', 0, features("<!-- it's -->")],
    ['a comment in front of the stream', 0, `<!-- x -->${OPENED}`],
    ['a comment in place of proceed', 1, `<!-- x --><proceed ${XMPP_TLS}/>`],
    ['a comment within proceed', 1, `<proceed ${XMPP_TLS}><!-- x --></proceed>`],
    ['a marked section', 0, features('<x><![CDATA[y]]></x>')],
    ['an entity that XML does not have', 0, features('<x>&lol;</x>')],
    ['an entity that XML does not have, in a value', 0, features('<x y="&lol;"/>')],
    ['an entity in front of proceed', 1, `&#32;<proceed ${XMPP_TLS}/>`],
    ['a declaration within the features', 0, features('<?xml version="1.0"?>')],
    ['a declaration in place of proceed', 1, '<?xml version="1.0"?>'],
    ['two declarations', 0, `<?xml version="1.0"?>${OPENED}`],
    ['another stream', 0, '<?xml version="1.0"?><stream:streams>'],
    ['the end in place of the stream', 0, '</stream:stream>'],
    ['proceed in place of the features', 0, `${OPENED}<proceed ${XMPP_TLS}/>`],
    ['the end of the stream in the features', 0, `${OPENED}<stream:features></stream:stream>`],
    ['no name in a tag', 0, features('< x/>')],
    ['an error in place of proceed', 1, '<stream:error/>'],
    ['the end of the stream in place of proceed', 1, '</stream:stream>'],
    ['proceed without a name space', 1, '<proceed/>'],
    ['a name space of proceed in a value', 1, `<proceed x='${XMPP_TLS}'/>`],
    ['a name space of proceed behind a prefix', 1, `<proceed x:${XMPP_TLS}/>`],
    ['a name space of proceed without quotes', 1, '<proceed xmlns=urn:ietf:params:xml:ns:xmpp-tls/>'],
    ['a text within proceed', 1, `<proceed ${XMPP_TLS}>x</proceed>`],
    ['the end of something else behind proceed', 1, `<proceed ${XMPP_TLS}></proceeds>`],
    ['a NUL in front of proceed', 1, `\x00<proceed ${XMPP_TLS}/>`],
  ],
  tooLong: [
    ['a tag with many quoted ends', 0, `<stream:stream x="${'>'.repeat(2049)}`],
    ['a tag', 0, `<stream:stream x="${LONG}">`],
    ['white space', 0, ' '.repeat(2050)],
    ['white space in front of proceed', 1, '\n'.repeat(2050)],
    ['a text', 0, `${OPENED}<stream:features><x>${LONG}</x>`],
    ['a text with many ends', 0, `${OPENED}<stream:features><x>${'x>'.repeat(1025)}</x>`],
    ['a list of features', 0, features('<x/>'.repeat(16_384))],
  ],
  alsoWilling: [
    [
      'white space wherever it may be, and text that has ends and entities',
      [
        [
          STREAM,
          `${OPENED}<stream:features ><x>a > b &amp; &#60; &#x3e; "</x>` +
            "<starttls\n\txmlns = 'urn:ietf:params:xml:ns:xmpp-tls' ></starttls ></stream:features >",
        ],
        [START, `\r\n<proceed\n${XMPP_TLS.replace('=', ' =\t')} >\n</proceed >`],
      ],
    ],
    [
      'white space, and a proceed that is not empty',
      [
        [
          STREAM,
          `<?xml version='1.0'?>\n${OPENED.slice(21)}\n<stream:features x='y'>\n<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\n</stream:features>`,
        ],
        [START, `\n<proceed ${XMPP_TLS}></proceed>`],
      ],
    ],
  ],
};

/** The same dialogue in another stream. */
const XMPP_SERVER: StartTlsCase = {
  ...XMPP,
  protocol: 'xmpp-server',
  willing: betweenServers(XMPP.willing),
  alsoWilling: (XMPP.alsoWilling ?? []).map(([what, script]) => [what, betweenServers(script)]),
};

function betweenServers(script: readonly Turn[]): readonly Turn[] {
  const ours = stream("from='b.example' to='a.example' version='1.0' xmlns='jabber:server'");
  return script.map(([expected, answer]) => [
    expected === STREAM ? ours : expected,
    answer.replace('jabber:client', 'jabber:server'),
  ]);
}

const IRC: StartTlsCase = {
  protocol: 'irc',
  hasFallback: false,
  willing: [['STARTTLS\r\n', ':irc.example 670 * :STARTTLS successful, go ahead with TLS handshake\r\n']],
  unavailable: [
    ['that refuses it', 0, ':irc.example 691 * :STARTTLS failure\r\n'],
    ['that does not know it', 0, ':irc.example 421 * STARTTLS :Unknown command\r\n'],
    ['that wants a name first', 0, ':irc.example 451 * :You have not registered\r\n'],
    ['that has a name already', 0, ':irc.example 462 anna :You may not reregister\r\n'],
    ['that refuses it behind notices', 0, 'NOTICE AUTH :*** hello\r\n691 * :no\r\n'],
    ['that says yes behind its no', 0, ':irc.example 691 * :no\r\n:irc.example 670 * :yes\r\n'],
  ],
  wrong: [
    ['a goodbye', 0, 'ERROR :Closing Link: too many\r\n'],
    ['a goodbye behind a notice', 0, ':irc.example NOTICE * :*** hello\r\nERROR :bye\r\n'],
    ['a welcome', 0, ':irc.example 001 anna :Welcome\r\n'],
    ['a message', 0, ':anna!a@x PRIVMSG * :670\r\n'],
    ['another protocol', 0, '220-mail ESMTP\r\n'],
    ['a number of two digits', 0, ':irc.example 67 * :yes\r\n'],
    ['a number of four digits', 0, ':irc.example 6700 * :yes\r\n'],
    ['a NUL behind the number', 0, ':irc.example 670\x00 * :yes\r\n'],
    ['a source and nothing else', 0, ':670\r\n'],
    ['white space in front of it', 0, ' 670 * :yes\r\n'],
    ['an empty line', 0, '\r\n'],
  ],
  tooLong: [
    ['a notice', 0, `NOTICE * :${LONG}\r\n`],
    ['a list of notices', 0, many('NOTICE * :hello')],
    ['a go-ahead', 0, `:irc.example 670 * :${LONG}\r\n`],
  ],
  alsoWilling: [
    [
      'notices before it is asked, and between',
      [
        [null, ':irc.example NOTICE * :*** Looking up your hostname...\r\nNOTICE AUTH :*** 670\r\n'],
        [
          'STARTTLS\r\n',
          ':irc.example NOTICE * :*** Found it\r\n:irc.example 020 * :Wait\r\n:irc.example 670 * :yes\r\n',
        ],
      ],
    ],
    ['tags, several spaces and no source', [['STARTTLS\r\n', 'PING :x\r\n@time=1 :irc.example  670\r\n']]],
    ['a number without a source', [['STARTTLS\r\n', '670 * :yes\r\n']]],
  ],
};

/** A packet of RDP with a confirmation and its negotiation. */
const confirm = (negotiation: string, code = 0xd0): string =>
  octets(3, 0, 0, 11 + negotiation.length, 6 + negotiation.length, code, 0, 0, 0x12, 0x34, 0, negotiation);

const rdpNegotiation = (type: number, value: number): string => octets(type, 1, 8, 0, value, 0, 0, 0);

const RDP_REQUEST = octets(3, 0, 0, 0x13, 0x0e, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0);

const RDP: StartTlsCase = {
  protocol: 'rdp',
  hasFallback: false,
  willing: [[RDP_REQUEST, confirm(rdpNegotiation(2, 1))]],
  unavailable: [
    ['that has its own security only', 0, confirm(rdpNegotiation(2, 0))],
    ['that does not negotiate', 0, confirm('')],
    ...[1, 2, 3, 4, 5, 6, 7].map(
      (failure) => [`that fails with ${failure}`, 0, confirm(rdpNegotiation(3, failure))] as const,
    ),
  ],
  wrong: [
    ['a protocol that was not asked for', 0, confirm(rdpNegotiation(2, 4))],
    ['a sum of protocols', 0, confirm(rdpNegotiation(2, 3))],
    ['a protocol of 2^24', 0, confirm(octets(2, 0, 8, 0, 1, 0, 0, 1))],
    ['another type', 0, confirm(rdpNegotiation(1, 1))],
    ['another length', 0, confirm(octets(2, 0, 9, 0, 1, 0, 0, 0))],
    ['a negotiation that is cut', 0, confirm(octets(2, 0, 8, 0, 1))],
    ['a negotiation with something behind it', 0, confirm(`${rdpNegotiation(2, 1)}x`)],
    ['the end of the connection', 0, confirm('', 0x80)],
    ['data', 0, confirm(rdpNegotiation(2, 1), 0xf0)],
    ['an inner length that lies', 0, octets(3, 0, 0, 11, 7, 0xd0, 0, 0, 0, 0, 0)],
    ['a packet without content', 0, octets(3, 0, 0, 4)],
    ['a packet that is shorter than its header', 0, octets(3, 0, 0, 3)],
    ['another version', 0, octets(2, 0, 0, 11, 6, 0xd0, 0, 0, 0, 0, 0)],
    ['another protocol', 0, 'HTTP/1.1 400 Bad Request\r\n'],
    ['TLS', 0, octets(0x15, 3, 3, 0, 2, 2, 40)],
  ],
  tooLong: [['a packet', 0, octets(3, 0, 2, 1)]],
  alsoWilling: [['CredSSP, which begins within TLS', [[RDP_REQUEST, confirm(rdpNegotiation(2, 2))]]]],
};

/** A packet of TDS: type, whether it is the last of its message, content. */
const tdsPart = (type: number, last: number, content: string): string =>
  octets(type, last, (content.length + 8) >> 8, (content.length + 8) & 0xff, 0, 0, 1, 0, content);

const tdsMessage = (content: string): string => tdsPart(4, 1, content);

/** PRELOGIN with the version and this option for encryption. */
const prelogin = (encryption: number): string =>
  octets(0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0x10, 0x6c, 0, 0, encryption);

const PRELOGIN = tdsPart(
  0x12,
  1,
  octets(
    ...[0, 0, 21, 0, 6, 1, 0, 27, 0, 1, 2, 0, 28, 0, 1, 3, 0, 29, 0, 4, 0xff],
    ...[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
  ),
);

const TDS: StartTlsCase = {
  protocol: 'tds',
  hasFallback: false,
  carried: (text) => tdsPart(0x12, 1, text),
  willing: [[PRELOGIN, tdsMessage(prelogin(1))]],
  unavailable: [
    ['without TLS', 0, tdsMessage(prelogin(2))],
    ['that encrypts the login only', 0, tdsMessage(prelogin(0))],
  ],
  wrong: [
    ['a certificate that it asks for', 0, tdsMessage(prelogin(0x81))],
    ['an encryption that nobody knows', 0, tdsMessage(prelogin(4))],
    ['no option for encryption', 0, tdsMessage(octets(0, 0, 6, 0, 6, 0xff, '123456'))],
    [
      'two options for encryption',
      0,
      tdsMessage(octets(0, 0, 16, 0, 1, 1, 0, 16, 0, 1, 1, 0, 16, 0, 1, 0xff, 1)),
    ],
    [
      'an option for encryption without a value',
      0,
      tdsMessage(octets(0, 0, 11, 0, 1, 1, 0, 11, 0, 0, 0xff, 1)),
    ],
    [
      'an option for encryption of two octets',
      0,
      tdsMessage(octets(0, 0, 11, 0, 1, 1, 0, 11, 0, 2, 0xff, 1, 1)),
    ],
    ['a value behind the end', 0, tdsMessage(octets(0, 0, 11, 0, 1, 1, 0, 12, 0, 1, 0xff, 1))],
    ['a value far behind the end', 0, tdsMessage(octets(0, 0, 11, 0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 1))],
    ['a version behind the end', 0, tdsMessage(octets(0, 0, 12, 0, 6, 1, 0, 11, 0, 1, 0xff, 1, '12345'))],
    [
      'another option in front of the version',
      0,
      tdsMessage(octets(1, 0, 11, 0, 1, 0, 0, 11, 0, 1, 0xff, 1)),
    ],
    ['options without an end', 0, tdsMessage(octets(0, 0, 5, 0, 1, 1, 0))],
    ['an error', 0, tdsMessage(octets(0xaa, 20, 0, 'x'.repeat(20)))],
    ['nothing but the end', 0, tdsMessage(octets(0xff))],
    ['a packet without content', 0, tdsMessage('')],
    ['a packet that is shorter than its header', 0, octets(4, 1, 0, 7, 0, 0, 1, 0)],
    ['a packet of another type', 0, tdsPart(0x12, 1, prelogin(1))],
    [
      'another type behind the first',
      0,
      tdsPart(4, 0, prelogin(1).slice(0, 5)) + tdsPart(1, 1, prelogin(1).slice(5)),
    ],
    ['TLS', 0, octets(0x15, 3, 3, 0, 2, 2, 40, 0)],
    ['another protocol', 0, 'HTTP/1.1 400 Bad Request\r\n'],
  ],
  tooLong: [
    ['a packet', 0, octets(4, 1, 0x10, 0x09, 0, 0, 1, 0)],
    ['a message of many packets', 0, tdsPart(4, 0, 'x').repeat(5000)],
  ],
  alsoWilling: [
    ['a server that insists on it', [[PRELOGIN, tdsMessage(prelogin(3))]]],
    [
      'a message of several packets',
      [[PRELOGIN, tdsPart(4, 0, prelogin(1).slice(0, 7)) + tdsPart(4, 1, prelogin(1).slice(7))]],
    ],
    [
      'other options, and values in another order',
      [
        [
          PRELOGIN,
          tdsMessage(
            octets(
              0,
              0,
              28,
              0,
              6,
              2,
              0,
              27,
              0,
              1,
              4,
              0,
              27,
              0,
              1,
              1,
              0,
              26,
              0,
              1,
              6,
              0,
              26,
              0,
              1,
              0xff,
              1,
              0,
              '123456',
            ),
          ),
        ],
      ],
    ],
  ],
};

const FOLLOWS = octets(255, 250, 46, 1, 255, 240);

const TELNET: StartTlsCase = {
  protocol: 'telnet',
  hasFallback: false,
  willing: [
    [null, octets(255, 253, 46)],
    [octets(255, 251, 46) + FOLLOWS, FOLLOWS],
  ],
  unavailable: [
    ['that asks for another option', 0, octets(255, 253, 24)],
    ['that offers it, and does not ask for it', 0, octets(255, 251, 46)],
    ['that asks for it later', 0, octets(255, 253, 24, 255, 253, 46)],
    ['that does not want it', 0, octets(255, 254, 46)],
  ],
  wrong: [
    ['a text', 0, 'login: '],
    ['another protocol', 0, '220 mail ESMTP\r\n'],
    ['TLS', 0, octets(0x15, 3, 3, 0, 2, 2, 40)],
    ['another subcommand', 1, octets(255, 250, 46, 2, 255, 240)],
    ['another option', 1, octets(255, 250, 24, 1, 255, 240)],
    ['a refusal', 1, octets(255, 254, 46, 255, 254, 46)],
    ['a longer subcommand', 1, octets(255, 250, 46, 1, 1, 255, 240)],
    ['a text in front of it', 1, `x${FOLLOWS}`],
  ],
};

const POP3: StartTlsCase = {
  protocol: 'pop3',
  willing: [
    [null, '+OK hello <1.2@mail>\r\n'],
    ['CAPA\r\n', '+OK list\r\nTOP\r\nSTLS\r\n.\r\n'],
    ['STLS\r\n', '+OK begin\r\n'],
  ],
  unavailable: [
    ['that does not offer it', 1, '+OK list\r\nTOP\r\nXSTLS\r\nSTLS yes\r\n.\r\n'],
    ['that refuses it', 2, '-ERR no\r\n'],
    ['whose offer has a NUL', 1, '+OK list\r\nSTLS\x00\r\n.\r\n'],
    ['whose offer is behind the end', 1, '+OK list\r\n.\r\nSTLS\r\n'],
    ['whose offer begins with a point', 1, '+OK list\r\n..STLS\r\n.\r\n'],
  ],
  wrong: [
    ['a refusal as greeting', 0, '-ERR busy\r\n'],
    ['another protocol', 0, '* OK imap\r\n'],
    ['neither yes nor no', 2, 'OK\r\n'],
    ['something longer than yes', 2, '+OKAY\r\n'],
    ['an empty line', 2, '\r\n'],
    ['a question', 2, '+ \r\n'],
    ['a NUL behind yes', 2, '+OK\x00\r\n'],
    ['white space in front of yes', 2, ' +OK\r\n'],
    ['neither yes nor no to CAPA', 1, 'STLS\r\n.\r\n'],
  ],
  tooLong: [
    ['a greeting', 0, `+OK ${LONG}\r\n`],
    ['a list', 1, `+OK\r\n${many('TOP')}`],
    ['a line of the list', 1, `+OK\r\n${LONG}\r\n`],
    ['a go-ahead', 2, `+OK ${LONG}\r\n`],
  ],
  alsoWilling: [
    [
      'a server without CAPA',
      [
        [null, '+OK\r\n'],
        ['CAPA\r\n', '-ERR what\r\n'],
        ['STLS\r\n', '+OK\r\n'],
      ],
    ],
  ],
};

const SIEVE: StartTlsCase = {
  protocol: 'sieve',
  willing: [
    [null, '"IMPLEMENTATION" "x"\r\n"SASL" ""\r\n"STARTTLS"\r\nOK "ready"\r\n'],
    ['STARTTLS\r\n', 'OK "begin"\r\n'],
  ],
  unavailable: [
    ['that does not offer it', 0, '"IMPLEMENTATION" "STARTTLS"\r\n"XSTARTTLS"\r\nOK\r\n'],
    ['that refuses it', 1, 'NO (TRYLATER) "later"\r\n'],
    ['whose offer is only in a literal', 0, '"IMPLEMENTATION" {14}\r\nx\r\n"STARTTLS"\r\nOK\r\n'],
  ],
  wrong: [
    ['a goodbye as greeting', 0, 'BYE "busy"\r\n'],
    ['a refusal as greeting', 0, 'NO "no"\r\n'],
    ['a goodbye', 1, 'BYE "busy"\r\n'],
    ['another protocol', 0, '* OK imap\r\n'],
    ['something longer than yes', 1, 'OKAY\r\n'],
    ['an offer without quotes', 0, 'STARTTLS\r\nOK\r\n'],
    ['an empty line', 1, '\r\n'],
    ['a NUL behind yes', 1, 'OK\x00\r\n'],
    ['white space in front of yes', 1, ' OK\r\n'],
  ],
  tooLong: [
    ['a literal', 0, '"IMPLEMENTATION" {8193}\r\n'],
    ['a literal with a length of eleven digits', 0, '"IMPLEMENTATION" {99999999999+}\r\nOK\r\n'],
    ['a literal in the go-ahead', 1, 'OK {4294967296}\r\n'],
    ['a list', 0, many('"X"')],
    ['a line', 0, `"${LONG}"\r\n`],
  ],
  alsoWilling: [
    [
      'literals',
      [
        [null, '"IMPLEMENTATION" {9}\r\nx\r\nOK "y"\r\n{8}\r\nSTARTTLS\r\nOK {5}\r\nready\r\n'],
        ['STARTTLS\r\n', 'OK(WARNINGS) {5+}\r\nbegin\r\n'],
      ],
    ],
  ],
};

const NNTP: StartTlsCase = {
  protocol: 'nntp',
  willing: [
    [null, '201 hello\r\n'],
    ['CAPABILITIES\r\n', '101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n'],
    ['STARTTLS\r\n', '382 begin\r\n'],
  ],
  unavailable: [
    ['that does not offer it', 1, '101 list\r\nVERSION 2\r\n.\r\n'],
    ['that refuses it', 2, '580 no\r\n'],
    ['that has a login already', 2, '502 no\r\n'],
    ['whose offer has a NUL', 1, '101 list\r\nSTARTTLS\x00\r\n.\r\n'],
    ['whose offer is behind the end', 1, '101 list\r\n.\r\nSTARTTLS\r\n'],
  ],
  wrong: [
    ['a refusal as greeting', 0, '502 busy\r\n'],
    ['a goodbye', 1, '400 busy\r\n'],
    ['another success', 2, '283 yes\r\n'],
    ['a goodbye in place of the go-ahead', 2, '400 busy\r\n'],
    ['a success without a list', 1, '200 yes\r\n'],
    ['a code of two digits', 2, '38 begin\r\n'],
    ['a code of four digits', 2, '3820 begin\r\n'],
    ['a NUL behind the code', 2, '382\x00\r\n'],
    ['an empty line', 2, '\r\n'],
  ],
  tooLong: [
    ['a greeting', 0, `200 ${LONG}\r\n`],
    ['a list', 1, `101 list\r\n${many('VERSION 2')}`],
    ['a go-ahead', 2, `382 ${LONG}\r\n`],
  ],
  alsoWilling: [
    [
      'a server without CAPABILITIES',
      [
        [null, '200 hello\r\n'],
        ['CAPABILITIES\r\n', '500 what\r\n'],
        ['STARTTLS\r\n', '382\r\n'],
      ],
    ],
  ],
};

const FTP: StartTlsCase = {
  protocol: 'ftp',
  willing: [
    [null, '220 hello\r\n'],
    ['FEAT\r\n', '211-Features:\r\n EPSV\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n'],
    ['AUTH TLS\r\n', '234 begin\r\n'],
  ],
  unavailable: [
    ['that does not offer it', 1, '211-Features:\r\n EPSV\r\n AUTHTLS\r\n211 End\r\n'],
    ['that refuses it', 2, '534 no\r\n'],
    ['that has none at the moment', 2, '431 no\r\n'],
    ['that offers something longer', 1, '211-Features:\r\n AUTH TLSX\r\n211 End\r\n'],
    ['that has no features', 1, '211 none\r\n'],
  ],
  wrong: [
    ['a refusal as greeting', 0, '421 busy\r\n'],
    ['a goodbye', 1, '421 busy\r\n'],
    ['another mechanism', 2, '334 adat\r\n'],
    ['another success', 2, '200 yes\r\n'],
    ['another protocol', 0, 'SSH-2.0-OpenSSH\r\n'],
    ['a goodbye in place of the go-ahead', 2, '421 busy\r\n'],
    ['the go-ahead in place of the features', 1, '234 begin\r\n'],
    ['a delay in place of the features', 1, '120 soon\r\n'],
    ['a question in place of the features', 1, '331 who\r\n'],
    ['a delay behind a delay', 0, '120 soon\r\n120 later\r\n'],
    ['free text before a code', 2, 'hello\r\n234 begin\r\n'],
    ['a code of four digits', 2, '2340 begin\r\n'],
    ['a NUL behind the code', 2, '234\x00\r\n'],
  ],
  tooLong: [
    ['a greeting', 0, `220 ${LONG}\r\n`],
    ['a greeting of free text', 0, `220-hello\r\n${many('any text')}`],
    ['a list of features', 1, `211-Features:\r\n${many(' X')}`],
    ['a go-ahead that ends with another code', 2, `234-begin\r\n${many('235 end')}`],
    ['a line of free text', 2, `234-begin\r\n${LONG}\r\n`],
  ],
  alsoWilling: [
    [
      'a server that is busy at first and knows no FEAT',
      [
        [null, '120 soon\r\n220-hello\r\nany text\r\n220-more\r\n230 not yet\r\n220 now\r\n'],
        ['FEAT\r\n', '500 what\r\n'],
        ['AUTH TLS\r\n', '234\r\n'],
      ],
    ],
    [
      'several mechanisms on one line',
      [
        [null, '220 hello\r\n'],
        ['FEAT\r\n', '211-Features:\r\n AUTH SSL;TLS;\r\n211 End\r\n'],
        ['AUTH TLS\r\n', '234 begin\r\n'],
      ],
    ],
    [
      'a go-ahead of several lines without codes',
      [
        [null, '220-hello\r\n\r\n 220 not yet\r\n220 now\r\n'],
        ['FEAT\r\n', '211-Features:\r\n AUTH TLS\r\n211 End\r\n'],
        ['AUTH TLS\r\n', '234-begin\r\n  with TLS\r\n421 is no code here\r\n234 now\r\n'],
      ],
    ],
  ],
};

const mail = (protocol: 'smtp' | 'lmtp', hello: string): StartTlsCase => ({
  protocol,
  willing: [
    [null, '220 a.example ESMTP\r\n'],
    [`${hello} a.example\r\n`, '250-a.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n'],
    ['STARTTLS\r\n', '220 begin\r\n'],
  ],
  unavailable: [
    ['that does not offer it', 1, '250-STARTTLS\r\n250 SIZE\r\n'],
    ['that refuses it', 2, '454 no\r\n'],
    ['whose offer has a NUL', 1, '250-a.example\r\n250 STARTTLS\x00\r\n'],
    ['whose offer has a parameter', 1, '250-a.example\r\n250 STARTTLS=x\r\n'],
    ['whose offer is behind a carriage return', 1, '250-a.example\r\n250 x\rSTARTTLS\r\n'],
  ],
  wrong: [
    ['a refusal as greeting', 0, '554 no\r\n'],
    ['a goodbye', 1, '421 busy\r\n'],
    ['another success', 2, '250 yes\r\n'],
    ['a goodbye in place of the go-ahead', 2, '421 busy\r\n'],
    ['another success to its hello', 1, '220 STARTTLS\r\n'],
    ['a question to its hello', 1, '354 go on\r\n'],
    ['codes that differ', 1, '250-a.example\r\n251 STARTTLS\r\n'],
    ['a line without a code', 1, '250-a.example\r\nSTARTTLS\r\n250 x\r\n'],
    ['a code of two digits', 2, '22 begin\r\n'],
    ['a code of four digits', 2, '2200 begin\r\n'],
    ['a NUL behind the code', 2, '220\x00begin\r\n'],
    ['an empty line', 2, '\r\n'],
  ],
  tooLong: [
    ['a greeting', 0, `220 ${LONG}\r\n`],
    ['a list', 1, many('250-x')],
    ['a go-ahead', 2, `220 ${LONG}\r\n`],
    ['a go-ahead of many lines', 2, many('220-begin')],
  ],
});

export const STARTTLS_CASES: readonly StartTlsCase[] = [
  mail('smtp', 'EHLO'),
  mail('lmtp', 'LHLO'),
  IMAP,
  POP3,
  SIEVE,
  NNTP,
  FTP,
  LDAP,
  POSTGRES,
  MYSQL,
  XMPP,
  XMPP_SERVER,
  IRC,
  RDP,
  TDS,
  TELNET,
];

/** A willing server that answers one of its turns differently. */
export const answering = (script: readonly Turn[], turn: number, answer: string): readonly Turn[] =>
  script.map((each, at) => (at === turn ? [each[0], answer] : each));
