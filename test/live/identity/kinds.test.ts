import assert from 'node:assert/strict';
import { randomUUID, verify } from 'node:crypto';
import { once } from 'node:events';
import { native } from '#lib/native/load.js';
import { acquireKeyOf } from '#lib/windows/key/keys.js';
import { connect, releaseUnusedResources } from 'schannel';
import {
  type Certificate,
  createSelfSigned,
  exportPfx,
  findCertificate,
  type GenerateKeyOptions,
  importPfx,
  type KeyFacts,
  preflight,
} from 'schannel/store';
import { selfSigned } from '../../support/certificates.js';
import { type AskingServer, startServerAccepting } from '../../support/client-identity.js';
import { steer } from '../../support/double.js';
import { handlesBackTo, MS_ENH_RSA_AES_PROV } from '../../support/native-store.js';
import { openssl } from '../../support/openssl-peer.js';
import { needsPeer, startPeer } from '../../support/peers.js';
import { removeWithKey } from '../../support/remove-certificate.js';
import { SchannelServer } from '../../support/schannel-server.js';
import { skip } from '../../support/skip.js';
import { capabilities, onDouble, onWine } from '../../support/windows.js';

interface Kind {
  readonly what: string;
  /** A certificate of CurrentUser\MY with this kind of key, which may not leave Windows. */
  readonly make: () => Promise<Certificate>;
  readonly facts: Partial<KeyFacts>;
  /** As OpenSSL names the signature of a handshake with TLS 1.3. */
  readonly signature: RegExp;
  readonly runsOnWine?: boolean;
}

const made = (key: GenerateKeyOptions) => (): Promise<Certificate> =>
  createSelfSigned({
    dns: ['localhost'],
    ip: ['127.0.0.1'],
    subject: `CN=${randomUUID()}`,
    key: { ...key, silent: true },
  });

/** A PFX of OpenSSL with a key on P-256. */
async function imported(): Promise<Certificate> {
  const { cert, key } = await selfSigned({ subject: `CN=${randomUUID()}`, usages: [] });
  const pfx = await openssl(['pkcs12', '-export', '-in', '{file:all}', '-passout', 'pass:secret'], {
    all: cert + key,
  });
  using result = await importPfx(pfx, { password: 'secret' });
  return await findCertificate(result.identities[0]?.reference ?? '');
}

/** HWND of the desktop's window. */
const DESKTOP = 0x10010n;

const EC = { algorithm: 'ec' } as const;
const KINDS: readonly Kind[] = [
  {
    what: 'RSA in CNG',
    make: made({ provider: 'software' }),
    facts: { api: 'cng', algorithm: 'rsa', bits: 2048, hardware: false, machine: false },
    signature: /RSA-PSS/,
  },
  {
    what: 'P-256 in CNG',
    make: made(EC),
    facts: { api: 'cng', algorithm: 'ec', curve: 'P-256', hardware: false, machine: false },
    signature: /ECDSA/,
  },
  {
    what: 'P-384 in CNG',
    make: made({ ...EC, namedCurve: 'P-384' }),
    facts: { api: 'cng', algorithm: 'ec', curve: 'P-384', hardware: false, machine: false },
    signature: /ECDSA/,
  },
  {
    what: 'P-256 from a PFX',
    make: imported,
    facts: { api: 'cng', algorithm: 'ec', curve: 'P-256', hardware: false, machine: false },
    signature: /ECDSA/,
  },
  {
    what: 'RSA of the machine',
    make: made({ provider: 'software', machine: true }),
    facts: { api: 'cng', algorithm: 'rsa', hardware: false, machine: true },
    signature: /RSA-PSS/,
  },
  {
    what: 'P-256 of the machine',
    make: made({ ...EC, machine: true }),
    facts: { api: 'cng', algorithm: 'ec', curve: 'P-256', machine: true },
    signature: /ECDSA/,
  },
  {
    what: 'RSA in the TPM',
    make: made({ provider: 'tpm' }),
    facts: { api: 'cng', algorithm: 'rsa', bits: 2048, hardware: true },
    signature: /RSA-PSS/,
  },
  {
    what: 'P-256 in the TPM',
    make: made({ ...EC, provider: 'tpm' }),
    facts: { api: 'cng', algorithm: 'ec', curve: 'P-256', hardware: true },
    signature: /ECDSA/,
  },
  {
    what: 'RSA in a CSP',
    make: made({ provider: MS_ENH_RSA_AES_PROV }),
    facts: { api: 'capi', algorithm: 'rsa', bits: 2048, machine: false },
    signature: /RSA-PSS/,
    runsOnWine: true,
  },
];

/** Each kind of key that Windows has, as what it is for. */
for (const { what, make, facts, signature, runsOnWine = false } of KINDS) {
  describe(`an identity with a key: ${what}`, () => {
    let certificate: Certificate;
    let takeAway: () => Promise<void> = () => Promise.resolve();

    before(async function () {
      if (onWine() && !runsOnWine) skip(this, 'Wine keeps no such keys');
      // What an old TPM lacks, old-tpm.test.ts shows.
      if (onDouble) steer().fix('tpmSalt', 0);
      await needsPeer(this, 'openssl');
      await releaseUnusedResources();
      const handles = native().handleCounts();
      certificate = await make();
      takeAway = async () => {
        await removeWithKey(certificate);
        await handlesBackTo(handles);
      };
    });
    after(async () => {
      if (onDouble) steer().fix('tpmSalt', -1);
      await takeAway();
    });

    const keyOf = (): ReturnType<typeof acquireKeyOf> => acquireKeyOf(certificate.native, { silent: true });

    it('is what it says, and signs', async () => {
      await using key = await keyOf();
      for (const [name, value] of Object.entries(facts)) {
        assert.equal(key.facts[name as keyof KeyFacts], value, name);
      }
      const data = Buffer.from('to be signed');
      for (const digest of ['sha256', 'sha384', 'sha512']) {
        assert.ok(verify(digest, data, certificate.publicKey, await key.sign(digest, data)), digest);
      }
    });

    it('may not leave Windows', async () => {
      await using key = await keyOf();
      assert.equal(key.facts.exportable, 'no');
      const refusal = { code: 'ERR_SCHANNEL_KEY_NOT_EXPORTABLE' };
      await assert.rejects(key.export(), refusal);
      await assert.rejects(exportPfx(certificate, { password: 'secret' }), refusal);
    });

    it('is found fit for both sides of a connection', async () => {
      for (const role of ['client', 'server'] as const) {
        const { usable, findings } = await preflight(certificate, role);
        assert.ok(usable, findings.map(({ meaning }) => meaning).join('\n'));
      }
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';

      it(`is shown to OpenSSL by a client with ${version}`, async function () {
        if (version === 'TLSv1.3' && !capabilities().tls13) skip(this, 'this Windows has no TLS 1.3');
        const server: AskingServer = await startServerAccepting(certificate.x509.toString(), flag);
        try {
          const socket = connect({
            port: server.port,
            host: '127.0.0.1',
            servername: 'localhost',
            ca: server.ca,
            certificate,
            // A dialog would belong to the desktop, and none is shown.
            windowHandle: version === 'TLSv1.2' ? DESKTOP : null,
          });
          await once(socket, 'secureConnect');
          assert.equal(socket.getProtocol(), version);
          assert.ok((await server.shown())?.equals(certificate.raw));
          const closed = once(socket, 'close');
          socket.destroy();
          await closed;
        } finally {
          await server.stop();
        }
      });

      it(`is shown to OpenSSL by a server with ${version}`, async function () {
        if (version === 'TLSv1.3' && !capabilities().tls13) skip(this, 'this Windows has no TLS 1.3');
        const server = await SchannelServer.start({ certificate });
        try {
          const client = await startPeer(
            'openssl',
            [
              ...[
                's_client',
                '-connect',
                `127.0.0.1:${String(server.port)}`,
                '-servername',
                'localhost',
                flag,
              ],
              ...['-CAfile', '{file:ca}', '-verify_return_error', '-verify_hostname', 'localhost'],
            ],
            { files: { ca: certificate.x509.toString() } },
          );
          const report = (await client.waitFor(/^[^]*Verify return code: 0 \(ok\)/))[0];
          if (version === 'TLSv1.3')
            assert.match(report, new RegExp(`Peer signature type: ${signature.source}`));
          client.stdin.write('there and back\n');
          await client.waitFor(/\nthere and back/);
          await client.stop();
        } finally {
          await server.close();
        }
      });
    }
  });
}
