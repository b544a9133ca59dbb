import assert from 'node:assert/strict';
import { describeNotTls } from '#lib/tls/engine/not-tls.js';

const TABLE: readonly (readonly [bytes: string, description: string])[] = [
  [
    'HTTP/1.1 400 Bad Request\r\n',
    'an HTTP response: this port speaks HTTP without TLS ("HTTP/1.1 400 Bad Request")',
  ],
  ['GET / HTTP/1.1\r\n', 'an HTTP request ("GET / HTTP/1.1")'],
  ['PRI * HTTP/2.0\r\n', 'an HTTP request ("PRI * HTTP/2.0")'],
  [
    '220 mx.example ESMTP Postfix\r\n',
    'an SMTP greeting: use STARTTLS on this port ("220 mx.example ESMTP Postfix")',
  ],
  [
    '220-mail.example welcomes you\r\n',
    'an SMTP greeting: use STARTTLS on this port ("220-mail.example welcomes you")',
  ],
  ['220 ProFTPD ready\r\n', 'an FTP greeting: use AUTH TLS on this port ("220 ProFTPD ready")'],
  ['220 hello\r\n', 'an SMTP or FTP greeting: use STARTTLS on this port ("220 hello")'],
  ['554 no service\r\n', 'an error reply in plain text (SMTP, FTP) ("554 no service")'],
  ['421-busy\r\n', 'an error reply in plain text (SMTP, FTP) ("421-busy")'],
  ['* OK IMAP4rev1 ready\r\n', 'an IMAP greeting: use STARTTLS on this port ("* OK IMAP4rev1 ready")'],
  ['* BYE too many\r\n', 'an IMAP greeting: use STARTTLS on this port ("* BYE too many")'],
  ['+OK POP3\r\n', 'a POP3 greeting: use STLS on this port ("+OK POP3")'],
  [
    '200 news.example NNTP ready\r\n',
    'an NNTP greeting: use STARTTLS on this port ("200 news.example NNTP ready")',
  ],
  [
    ':irc.example NOTICE * :*** Looking up\r\n',
    'an IRC server: use STARTTLS before NICK and USER (":irc.example NOTICE * :*** Looking up")',
  ],
  ['NOTICE AUTH :hi\r\n', 'an IRC server: use STARTTLS before NICK and USER ("NOTICE AUTH :hi")'],
  [
    '"IMPLEMENTATION" "x"\r\n',
    'a ManageSieve greeting: use STARTTLS on this port ("\\"IMPLEMENTATION\\" \\"x\\"")',
  ],
  ['SSH-2.0-OpenSSH_9.6\r\n', 'an SSH greeting ("SSH-2.0-OpenSSH_9.6")'],
  [
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 443\r\n',
    'a header of the PROXY protocol ("PROXY TCP4 192.0.2.1 192.0.2.2 1 443")',
  ],
  ['\r\n\r\n\0\r\nQUIT\n\x21', 'a header of the PROXY protocol ("")'],
  ['EHLO me\r\n', 'an SMTP command: STARTTLS comes before TLS ("EHLO me")'],
  ["<?xml version='1.0'?>", 'an XMPP stream: use STARTTLS on this port ("<?xml version=\'1.0\'?>")'],
  ['<stream:stream>', 'an XMPP stream: use STARTTLS on this port ("<stream:stream>")'],
  ['RFB 003.008\n', 'a VNC server ("RFB 003.008")'],
  ['220 \x9b2J \x1b]0;x\x07\n', 'an SMTP or FTP greeting: use STARTTLS on this port ("220 ?2J ?]0;x?")'],
  ['what?\n', 'plain text ("what?")'],
  ['N', 'plain text ("N")'],
  ['\x80\x2e\x01\x00\x02', 'an SSL 2 hello, which is not supported'],
  ['\x80\x2e\x04\x00\x01', 'an SSL 2 hello, which is not supported'],
  ['\x80\x2e\x07\x00\x01', 'bytes that are no TLS record (802e070001)'],
  ['\x4a\x00\x00\x00\x0a8.0.36\x00', 'bytes that are no TLS record (4a0000000a382e302e333600)'],
  ['\x00'.repeat(100), `bytes that are no TLS record (${'00'.repeat(16)})`],
  ['', 'bytes that are no TLS record ()'],
];

describe('tls/engine/not-tls', () => {
  for (const [bytes, description] of TABLE) {
    it(`sees ${description}`, () => {
      assert.equal(describeNotTls(Buffer.from(bytes, 'latin1')), description);
    });
  }

  it('quotes no more than the first line, and of it 80 bytes', () => {
    const line = 'a'.repeat(200);
    assert.equal(describeNotTls(Buffer.from(line)), `plain text ("${line.slice(0, 80)}")`);
    assert.equal(describeNotTls(Buffer.from('first\nsecond')), 'plain text ("first")');
  });

  it('prints no control characters of the peer', () => {
    assert.equal(
      describeNotTls(Buffer.from('HTTP/1.1 \x1b[2J 400')),
      'an HTTP response: this port speaks HTTP without TLS ("HTTP/1.1 ?[2J 400")',
    );
  });

  it('reads inside a larger buffer at the right place', () => {
    const pool = Buffer.from('....SSH-2.0-x....');
    assert.equal(describeNotTls(pool.subarray(4, 13)), 'an SSH greeting ("SSH-2.0-x")');
  });
});
