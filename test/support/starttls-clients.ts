import type { ServerProtocolName } from '#lib/adapters/starttls/server/answer.js';

/** What a client sends (latin1), and what it is answered. */
export type Request = readonly [sent: string, answer: string];

/** A protocol as a client speaks it up to TLS. The server is called a.example. */
export interface ClientCase {
  readonly protocol: ServerProtocolName;
  /** Empty where clients speak first. */
  readonly greeting: string;
  /** The whole dialogue; the last request is the one for TLS. */
  readonly asking: readonly Request[];
  /** Requests that are answered, and TLS may still be asked for. */
  readonly others: readonly (readonly [what: string, sent: string, answer: string])[];
  /** Requests with which the session ends. */
  readonly ends: readonly (readonly [what: string, sent: string, answer: string])[];
  /** What is too long before it is complete. */
  readonly tooLong: readonly (readonly [what: string, sent: string])[];
  /** A request that doesn't end the session, and the goodbye after too many of them. */
  readonly flood: readonly [sent: string, goodbye: string];
}

const LONG = 'x'.repeat(2050);

const SMTP: ClientCase = {
  protocol: 'smtp',
  greeting: '220 a.example ESMTP\r\n',
  asking: [
    ['EHLO client.example\r\n', '250-a.example\r\n250 STARTTLS\r\n'],
    ['STARTTLS\r\n', '220 Ready to start TLS\r\n'],
  ],
  others: [
    ['HELO', 'HELO client.example\r\n', '250 a.example\r\n'],
    ['EHLO in other letters', 'ehlo x\r\n', '250-a.example\r\n250 STARTTLS\r\n'],
    ['NOOP', 'NOOP\r\n', '250 OK\r\n'],
    ['RSET', 'RSET\r\n', '250 OK\r\n'],
    ['a login', 'AUTH PLAIN AGEAc2VjcmV0\r\n', '530 Must issue a STARTTLS command first\r\n'],
    ['mail', 'MAIL FROM:<a@b.example>\r\n', '530 Must issue a STARTTLS command first\r\n'],
    ['an empty line', '\r\n', '530 Must issue a STARTTLS command first\r\n'],
    ['a longer word', 'STARTTLSX\r\n', '530 Must issue a STARTTLS command first\r\n'],
    ['STARTTLS with a parameter', 'STARTTLS x\r\n', '501 STARTTLS has no parameters\r\n'],
    ['STARTTLS with a NUL', 'STARTTLS\x00\r\n', '501 STARTTLS has no parameters\r\n'],
    ['a request of HTTP', 'GET / HTTP/1.1\r\n', '530 Must issue a STARTTLS command first\r\n'],
  ],
  ends: [['QUIT', 'QUIT\r\n', '221 a.example Closing\r\n']],
  tooLong: [['a command', `EHLO ${LONG}`]],
  flood: ['NOOP\r\n', '421 a.example Too many commands\r\n'],
};

const CAPABILITIES = 'IMAP4rev1 STARTTLS LOGINDISABLED';

const IMAP: ClientCase = {
  protocol: 'imap',
  greeting: `* OK [CAPABILITY ${CAPABILITIES}] a.example ready\r\n`,
  asking: [
    ['a1 CAPABILITY\r\n', `* CAPABILITY ${CAPABILITIES}\r\na1 OK Done\r\n`],
    ['a2 STARTTLS\r\n', 'a2 OK Begin TLS negotiation now\r\n'],
  ],
  others: [
    ['a tag of a point', '. capability\r\n', `* CAPABILITY ${CAPABILITIES}\r\n. OK Done\r\n`],
    ['NOOP', 'x NOOP\r\n', 'x OK Done\r\n'],
    ['a login', 'x LOGIN user secret\r\n', 'x NO [PRIVACYREQUIRED] Use STARTTLS first\r\n'],
    ['a login with a literal', 'x LOGIN {4}\r\n', 'x NO [PRIVACYREQUIRED] Use STARTTLS first\r\n'],
    ['AUTHENTICATE', 'x AUTHENTICATE PLAIN\r\n', 'x NO [PRIVACYREQUIRED] Use STARTTLS first\r\n'],
    ['STARTTLS with a parameter', 'x STARTTLS y\r\n', 'x NO [PRIVACYREQUIRED] Use STARTTLS first\r\n'],
    ['STARTTLS without a tag', 'STARTTLS\r\n', '* BAD This is no command\r\n'],
    ['a tag with a plus', '+ STARTTLS\r\n', '* BAD This is no command\r\n'],
    ['a tag of 65 characters', `${'x'.repeat(65)} STARTTLS\r\n`, '* BAD This is no command\r\n'],
    ['a tag with a control character', 'a\x1bb STARTTLS\r\n', '* BAD This is no command\r\n'],
    ['an empty line', '\r\n', '* BAD This is no command\r\n'],
  ],
  ends: [
    ['LOGOUT', 'x LOGOUT\r\n', '* BYE Goodbye\r\nx OK Done\r\n'],
    ['a literal that does not wait', 'x LOGIN {12+}\r\nz STARTTLS\r\n', '* BYE No literals before TLS\r\n'],
  ],
  tooLong: [['a command', `x LOGIN ${LONG}`]],
  flood: ['x NOOP\r\n', '* BYE Too many commands\r\n'],
};

const POP3: ClientCase = {
  protocol: 'pop3',
  greeting: '+OK a.example ready\r\n',
  asking: [
    ['CAPA\r\n', '+OK\r\nSTLS\r\n.\r\n'],
    ['STLS\r\n', '+OK Begin TLS negotiation\r\n'],
  ],
  others: [
    ['a login', 'USER user\r\n', '-ERR Use STLS first\r\n'],
    ['a password', 'PASS secret\r\n', '-ERR Use STLS first\r\n'],
    ['APOP', 'APOP user 0123456789abcdef\r\n', '-ERR Use STLS first\r\n'],
    ['STLS with a parameter', 'STLS x\r\n', '-ERR Use STLS first\r\n'],
    ['an empty line', '\r\n', '-ERR Use STLS first\r\n'],
  ],
  ends: [['QUIT', 'quit\r\n', '+OK Goodbye\r\n']],
  tooLong: [['a command', `USER ${LONG}`]],
  flood: ['CAPA\r\n', '-ERR Too many commands\r\n'],
};

/** An LDAPMessage with this ID. */
const message = (id: string, operation: string): string => {
  const content = `\x02${String.fromCharCode(id.length)}${id}${operation}`;
  return `\x30${String.fromCharCode(content.length)}${content}`;
};
const result = (id: string, tag: string, code: string, text: string): string => {
  const content = `\x0a\x01${code}\x04\x00\x04${String.fromCharCode(text.length)}${text}`;
  return message(id, `${tag}${String.fromCharCode(content.length)}${content}`);
};
const START_TLS = '\x77\x18\x80\x161.3.6.1.4.1.1466.20037';
const REFUSED = ['\x0d', 'Use StartTLS first'] as const;
/** Notice of disconnection. */
const notice = (code: string, text: string): string => {
  const content = `\x0a\x01${code}\x04\x00\x04${String.fromCharCode(text.length)}${text}\x8a\x161.3.6.1.4.1.1466.20036`;
  return message('\x00', `\x78${String.fromCharCode(content.length)}${content}`);
};
const MALFORMED = notice('\x02', 'This is no request of LDAP');
/** StartTLS with a control, whose criticality is given. */
const withControl = (criticality: string): string => {
  const control = `\x04\x031.2${criticality}`;
  const list = `\x30${String.fromCharCode(control.length)}${control}`;
  return message('\x03', `${START_TLS}\xa0${String.fromCharCode(list.length)}${list}`);
};

const LDAP: ClientCase = {
  protocol: 'ldap',
  greeting: '',
  asking: [[message('\x01', START_TLS), '\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00']],
  others: [
    ['a bind', message('\x02', '\x60\x07\x02\x01\x03\x04\x00\x80\x00'), result('\x02', '\x61', ...REFUSED)],
    [
      'a bind with lengths of Active Directory',
      '\x30\x84\x00\x00\x00\x10\x02\x01\x02\x60\x84\x00\x00\x00\x07\x02\x01\x03\x04\x00\x80\x00',
      result('\x02', '\x61', ...REFUSED),
    ],
    ['a search', message('\x7f', '\x63\x02\x04\x00'), result('\x7f', '\x65', ...REFUSED)],
    [
      'a search with a long ID',
      message('\x7f\xff\xff\xff', '\x63\x02\x04\x00'),
      result('\x7f\xff\xff\xff', '\x65', ...REFUSED),
    ],
    ['modify', message('\x02', '\x66\x02\x04\x00'), result('\x02', '\x67', ...REFUSED)],
    ['add', message('\x02', '\x68\x02\x04\x00'), result('\x02', '\x69', ...REFUSED)],
    ['delete', message('\x02', '\x4a\x01x'), result('\x02', '\x6b', ...REFUSED)],
    ['modify DN', message('\x02', '\x6c\x02\x04\x00'), result('\x02', '\x6d', ...REFUSED)],
    ['compare', message('\x02', '\x6e\x02\x04\x00'), result('\x02', '\x6f', ...REFUSED)],
    ['abandon', message('\x02', '\x50\x01\x01'), ''],
    [
      'another extended operation',
      message('\x02', '\x77\x05\x80\x031.2'),
      result('\x02', '\x78', ...REFUSED),
    ],
    ['an extended operation without a name', message('\x02', '\x77\x00'), result('\x02', '\x78', ...REFUSED)],
    [
      'StartTLS with a value',
      message('\x02', '\x77\x1a\x80\x161.3.6.1.4.1.1466.20037\x81\x00'),
      result('\x02', '\x78', '\x02', 'StartTLS has no value'),
    ],
    [
      'StartTLS with a critical control',
      withControl('\x01\x01\xff'),
      result('\x03', '\x78', '\x0c', 'StartTLS has no controls'),
    ],
  ],
  ends: [
    ['unbind', message('\x02', '\x42\x00'), ''],
    ['an ID of zero', message('\x00', START_TLS), MALFORMED],
    ['a negative ID', message('\xff', START_TLS), MALFORMED],
    ['an ID of five octets', message('\x00\x00\x00\x00\x01', START_TLS), MALFORMED],
    ['no ID', message('', START_TLS), MALFORMED],
    ['an operation that there is not', message('\x01', '\x7f\x00'), MALFORMED],
    ['a response', message('\x01', '\x78\x07\x0a\x01\x00\x04\x00\x04\x00'), MALFORMED],
    [
      'an operation that is longer than its message',
      message('\x01', '\x77\x19\x80\x161.3.6.1.4.1.1466.20037'),
      MALFORMED,
    ],
    ['an indefinite length', '\x30\x80', MALFORMED],
    ['a length of five octets', '\x30\x85', MALFORMED],
    ['another protocol', 'EHLO client.example\r\n', MALFORMED],
    ['an empty message', '\x30\x00', MALFORMED],
  ],
  tooLong: [
    ['a message', '\x30\x82\x40\x01'],
    ['a message of 4 GB', '\x30\x84\xff\xff\xff\xff'],
  ],
  flood: [message('\x02', '\x50\x01\x01'), notice('\x35', 'Too many requests before StartTLS')],
};

/** ErrorResponse. */
const fatal = (state: string, text: string): string => {
  const fields = `SFATAL\x00VFATAL\x00C${state}\x00M${text}\x00\x00`;
  return `E\x00\x00\x00${String.fromCharCode(4 + fields.length)}${fields}`;
};
const TLS_REQUIRED = fatal('28000', 'TLS is required: connect with sslmode=require or higher');
const GSS_REQUEST = '\x00\x00\x00\x08\x04\xd2\x16\x30';

const POSTGRES: ClientCase = {
  protocol: 'postgres',
  greeting: '',
  asking: [
    [GSS_REQUEST, 'N'],
    ['\x00\x00\x00\x08\x04\xd2\x16\x2f', 'S'],
  ],
  others: [],
  ends: [
    ['a session', '\x00\x00\x00\x17\x00\x03\x00\x00user\x00postgres\x00\x00', TLS_REQUIRED],
    ['a request to cancel', `\x00\x00\x00\x10\x04\xd2\x16\x2e${'\x00'.repeat(8)}`, ''],
    ['SSLRequest of another length', '\x00\x00\x00\x09\x04\xd2\x16\x2f', TLS_REQUIRED],
    ['another protocol', 'EHLO client.example\r\n', TLS_REQUIRED],
  ],
  tooLong: [],
  flood: [GSS_REQUEST, fatal('08P01', 'too many requests before TLS')],
};

export const CLIENT_CASES: readonly ClientCase[] = [SMTP, IMAP, POP3, LDAP, POSTGRES];
