import assert from 'node:assert/strict';
import { type Duplex, duplexPair } from 'node:stream';
import { greet } from '#lib/apps/tunnel/greeting.js';

type Protocol = Parameters<typeof greet>[1]['protocol'];

const SSL = Buffer.from('0000000804d2162f', 'hex');
const GSS = Buffer.from('0000000804d21630', 'hex');
/** StartupMessage, version 3.0. */
const STARTUP = Buffer.from('\x00\x00\x00\x17\x00\x03\x00\x00user\x00postgres\x00\x00', 'latin1');
const CANCEL = Buffer.concat([Buffer.from('0000001004d2162e', 'hex'), Buffer.alloc(8, 1)]);

interface Greeted {
  /** The tunnel's end. */
  readonly near: Duplex;
  /** The program's end. */
  readonly far: Duplex;
  readonly done: Promise<void>;
}

function begin(protocol: Protocol, within = new AbortController().signal): Greeted {
  const [near, far] = duplexPair();
  return { near, far, done: greet(near, { protocol, server: 'mail.example', within }) };
}

const readBy = (stream: Duplex): string => (stream.read() as Buffer | null)?.toString('latin1') ?? '';

describe('apps/tunnel/greeting', () => {
  for (const [protocol, greeting] of [
    ['smtp', '220 mail.example ESMTP\r\n'],
    ['lmtp', '220 mail.example LMTP\r\n'],
    ['imap', '* OK ready\r\n'],
    ['pop3', '+OK ready\r\n'],
    ['nntp', '200 ready\r\n'],
    // The server does it over TLS.
    ['sieve', ''],
    // Clients speak first.
    ['ldap', ''],
    ['xmpp', ''],
    ['irc', ''],
  ] as const) {
    it(`greets a client of ${protocol} ${greeting === '' ? 'with nothing' : 'in its words'}`, async () => {
      const { near, far, done } = begin(protocol);
      far.write('hello');
      await done;
      assert.equal(readBy(far), greeting);
      assert.equal(readBy(near), 'hello');
    });
  }

  describe('a client of PostgreSQL', () => {
    for (const [what, offers] of [
      ['begins at once', []],
      ['asks for TLS', [SSL]],
      ['asks for GSSAPI', [GSS]],
      ['asks for GSSAPI and then for TLS', [GSS, SSL]],
      ['asks for TLS and then for GSSAPI', [SSL, GSS]],
    ] as const) {
      it(`that ${what} is told that there is none, and what follows goes on`, async () => {
        const whole = Buffer.concat([...offers, STARTUP]);
        for (let position = 1; position < whole.length; position += 1) {
          const { near, far, done } = begin('postgres');
          far.write(whole.subarray(0, position));
          await new Promise(setImmediate);
          far.write(whole.subarray(position));
          await done;
          await new Promise(setImmediate);
          assert.equal(readBy(far), 'N'.repeat(offers.length), `at ${position}`);
          assert.equal(readBy(near), STARTUP.toString('latin1'), `at ${position}`);
        }
      });
    }

    it('can cancel a query', async () => {
      const { near, far, done } = begin('postgres');
      far.write(CANCEL);
      await done;
      assert.equal(readBy(near), CANCEL.toString('latin1'));
    });

    it('is answered twice at most', async () => {
      const { near, far, done } = begin('postgres');
      far.write(Buffer.concat([SSL, SSL, SSL]));
      await done;
      assert.equal(readBy(far), 'NN');
      assert.deepEqual(near.read(), SSL);
    });

    it('can go instead', async () => {
      for (const said of [Buffer.alloc(0), SSL, SSL.subarray(0, 5), STARTUP.subarray(0, 7)]) {
        const { far, done } = begin('postgres');
        far.end(said);
        await assert.rejects(done, /closed the connection before it began/);
      }
    });

    it('has a limit of time', async () => {
      const late = new AbortController();
      const { near, done } = begin('postgres', late.signal);
      late.abort(new Error('too late'));
      await assert.rejects(done, /too late/);
      assert.equal(near.listenerCount('readable'), 0);
    });
  });
});
