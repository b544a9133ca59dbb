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
  /** Other ways to the same end. */
  readonly alsoWilling?: readonly (readonly [what: string, script: readonly Turn[]])[];
}

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
  ],
  wrong: [
    ['PREAUTH', 0, '* PREAUTH welcome\r\n'],
    ['a goodbye as greeting', 0, '* BYE go away\r\n'],
    ['another protocol', 0, '220 mail ESMTP\r\n'],
    ['an early goodbye', 1, '* BYE\r\n'],
    ['another tag', 2, 'a1 OK begin\r\n'],
    ['no tag', 2, 'OK begin\r\n'],
    ['a question', 2, '+ go on\r\n'],
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
  ],
  wrong: [
    ['a refusal as greeting', 0, '-ERR busy\r\n'],
    ['another protocol', 0, '* OK imap\r\n'],
    ['neither yes nor no', 2, 'OK\r\n'],
    ['something longer than yes', 2, '+OKAY\r\n'],
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
  ],
  wrong: [
    ['a refusal as greeting', 0, '502 busy\r\n'],
    ['a goodbye', 1, '400 busy\r\n'],
    ['another success', 2, '283 yes\r\n'],
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
  ],
  wrong: [
    ['a refusal as greeting', 0, '421 busy\r\n'],
    ['a goodbye', 1, '421 busy\r\n'],
    ['another mechanism', 2, '334 adat\r\n'],
    ['another success', 2, '200 yes\r\n'],
    ['another protocol', 0, 'SSH-2.0-OpenSSH\r\n'],
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
  ],
};

export const STARTTLS_CASES: readonly StartTlsCase[] = [IMAP, POP3, SIEVE, NNTP, FTP];

/** A willing server that answers one of its turns differently. */
export const answering = (script: readonly Turn[], turn: number, answer: string): readonly Turn[] =>
  script.slice(0, turn + 1).map((each, at) => (at === turn ? [each[0], answer] : each));
