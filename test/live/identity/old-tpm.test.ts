import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'schannel';
import { type Certificate, createSelfSigned, preflight } from 'schannel/store';
import { startServerAccepting } from '../../support/client-identity.js';
import { whileFixed } from '../../support/double.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { removeWithKey } from '../../support/remove-certificate.js';
import { SchannelServer } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { needsVersion, onDouble } from '../../support/windows.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

interface Failure {
  readonly code: string;
  readonly message: RegExp;
}

/** What an old TPM does if it can't sign with PSS as TLS needs it, and what the library then reports. */
const OLD: readonly {
  readonly what: string;
  readonly choice: number;
  readonly failure: (side: 'client' | 'server', version: Version) => Failure;
}[] = [
  {
    what: 'refuses PSS',
    choice: 1,
    failure: () => ({ code: 'ERR_SCHANNEL_SYSTEM_FAILURE', message: /SEC_E_INTERNAL_ERROR/ }),
  },
  {
    what: 'answers zeros',
    choice: 2,
    // The client of TLS 1.3 has ended its handshake before the server reads the signature.
    failure: (side, version) => ({
      code:
        side === 'client' && version === 'TLSv1.3'
          ? 'ERR_SCHANNEL_PEER_CORRUPT_RECORD'
          : 'ERR_SCHANNEL_PEER_ALERT',
      message: /decrypt_error/,
    }),
  },
];

/** Whatever the TPM does, the user hears of it and of the command that shows it. */
function assertExplains(error: unknown, failure: Failure): void {
  assert.throws(
    () => {
      throw error;
    },
    { ...failure, advice: /"schannel cert check".* older TPM /s },
  );
}

for (const { what, choice, failure } of OLD) {
  describe(`TLS with an RSA key in an old TPM, which ${what}`, () => {
    let certificate: Certificate;
    let takeAway: () => Promise<void> = () => Promise.resolve();

    before(async function () {
      if (!onDouble) skip(this, 'only the double has a TPM for tests');
      await needsPeer(this, 'openssl');
      certificate = await createSelfSigned({
        dns: ['localhost'],
        ip: ['127.0.0.1'],
        subject: `CN=${randomUUID()}`,
        key: { provider: 'tpm', silent: true },
      });
      takeAway = () => removeWithKey(certificate);
    });
    after(() => takeAway());

    it('is warned of beforehand', async () => {
      await whileFixed('tpmSalt', choice, async () => {
        const { findings } = await preflight(certificate, 'server');
        const found = findings.find(({ code }) => code === 'KEY_NO_PSS');
        assert.match(found?.remedy ?? '', /P-256.*RSAE-PSS/s);
      });
    });

    for (const version of VERSIONS) {
      const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';

      it(`fails for a client with ${version}, and says what to do`, async function () {
        needsVersion(this, version);
        const server = await startServerAccepting(certificate.x509.toString(), flag);
        try {
          await whileFixed('tpmSalt', choice, async () => {
            const socket = connect({ port: server.port, host: '127.0.0.1', ca: server.ca, certificate });
            socket.resume();
            const [error] = (await once(socket, 'error')) as [Error];
            assertExplains(error, failure('client', version));
          });
        } finally {
          await server.stop();
        }
      });

      it(`fails for a server with ${version}, and says what to do`, async function () {
        needsVersion(this, version);
        const server = await SchannelServer.start({ certificate });
        try {
          await whileFixed('tpmSalt', choice, async () => {
            const port = String(server.port);
            const failed = server.failure();
            const client = await startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, flag]);
            const { error } = await failed;
            assertExplains(error, failure('server', version));
            await client.stop();
          });
        } finally {
          await server.close();
        }
      });
    }

    it('works with TLS 1.2 and a peer that does not ask for PSS', async () => {
      const server = await SchannelServer.start({ certificate });
      try {
        await whileFixed('tpmSalt', choice, async () => {
          const client = await startPeer('openssl', [
            ...['s_client', '-connect', `127.0.0.1:${String(server.port)}`],
            ...['-tls1_2', '-sigalgs', 'RSA+SHA256'],
          ]);
          await client.waitFor(/Peer signature type: RSA\n/);
          await client.stop();
        });
      } finally {
        await server.close();
      }
    });
  });
}
