import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type AcmeTransport,
  type ChallengeEvent,
  type ChallengeServer,
  createChallengeServer,
  dnsUpdate,
  httpRequest,
  httpsTransport,
  type NewSecret,
  newChallengeSecret,
} from 'schannel/acme';
import * as schannel from 'schannel/https';
import { TestAuthority } from '../../support/certificates.js';
import { type HttpsPeer, listenOn } from '../../support/https.js';
import { type Pebble, startPebble } from '../../support/pebble.js';
import { needsPeer, type Peer, startPeer } from '../../support/peers.js';
import { localhostServer } from '../../support/schannel-server.js';
import { undoneAfter } from '../../support/undone-after.js';

const KEY = randomBytes(32).toString('base64');

const CONFIG = `
options { directory "{dir}"; listen-on port {port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
  pid-file none; session-keyfile "{dir}/session.key"; dnssec-validation no; };
controls { };
key "acme-key" { algorithm hmac-sha256; secret "${KEY}"; };
zone "bar.example" { type primary; file "{dir}/zone"; update-policy { grant acme-key subdomain bar.example. TXT; }; };
`;

const ZONE = `$TTL 60
@ IN SOA ns.bar.example. hostmaster.bar.example. 1 3600 600 86400 60
@ IN NS ns.bar.example.
ns IN A 127.0.0.1
_acme-challenge.alias IN CNAME own.auth.bar.example.
`;

describe('the challenge server over Schannel, with BIND', function () {
  let made: NewSecret;
  let folder: string;
  let bind: Peer;
  let challenges: ChallengeServer;
  let peer: HttpsPeer;
  let clientAuthority: TestAuthority;
  const events: ChallengeEvent[] = [];
  const undo = undoneAfter();

  before(async function () {
    await needsPeer(this, 'named');
    folder = mkdtempSync(path.join(tmpdir(), 'schannel-challenges-'));
    undo(() => rmSync(folder, { recursive: true }));
    bind = await startPeer('named', ['-g', '-c', '{file:named.conf}'], {
      files: { 'named.conf': CONFIG, zone: ZONE },
    });
    undo(() => bind.stop());
    await bind.waitFor(/ running$/m);
    made = await newChallengeSecret();
    const { hash: secret } = made;
    const provider = dnsUpdate({ server: '127.0.0.1', port: bind.port, keyName: 'acme-key', secret: KEY });
    challenges = await createChallengeServer(provider, {
      state: folder,
      zone: 'auth.bar.example',
      log: (event) => events.push(event),
      clients: [
        { name: 'lego', secret, subdomain: 'own' },
        { name: 'guarded', secret, names: ['a.bar.example'], certificate: 'guarded.example' },
      ],
    });
    undo(() => challenges.close());
    clientAuthority = await TestAuthority.create('CN=Test clients');
    const { cert, key } = await localhostServer();
    const ca = clientAuthority.certificate.cert;
    const server = challenges.createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false });
    peer = await listenOn(server);
    undo(() => peer.close());
  });

  async function values(name: string): Promise<string[]> {
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${bind.port}`]);
    const found = await resolver.resolveTxt(name).catch(() => []);
    return found.map((strings) => strings.join(''));
  }

  const guarded = (transport: AcmeTransport) =>
    httpRequest({ url: peer.origin, username: 'guarded', password: made.secret, transport });

  it('serves a client that shows its certificate, and no other', async () => {
    const record = { name: '_acme-challenge.a.bar.example', value: 'v'.repeat(43), ttl: 60 };
    const { cert, key } = await clientAuthority.issue({
      altNames: ['DNS:guarded.example'],
      usages: ['clientAuth'],
      key: 'rsa',
    });
    const other = await clientAuthority.issue({ altNames: ['DNS:other.example'], usages: ['clientAuth'] });
    const shown = guarded(httpsTransport(schannel, new schannel.Agent({ ca: peer.ca, cert, key })));
    for (const options of [{}, { cert: other.cert, key: other.key }]) {
      const dns = guarded(httpsTransport(https, new https.Agent({ ca: peer.ca, ...options })));
      await assert.rejects(dns.add(record), /forbidden/);
    }
    const handle = await shown.add(record);
    assert.deepEqual(await values(record.name), [record.value]);
    await shown.remove(handle);
    assert.deepEqual(await values(record.name), []);
    events.length = 0;
  });

  describe('for lego, which asks pebble for certificates', function () {
    let pebble: Pebble;
    before(async function () {
      await needsPeer(this, 'pebble');
      await needsPeer(this, 'lego');
      pebble = await startPebble({ dnsServer: `127.0.0.1:${bind.port}` });
    });
    after(() => pebble.stop());

    /** Runs lego. @returns the certificate */
    async function lego(
      variables: Readonly<Record<string, string>>,
      domains: readonly string[],
    ): Promise<X509Certificate> {
      const all = { LEGO_CA_CERTIFICATES: '{file:pebble.pem}', SSL_CERT_FILE: '{file:ca.pem}', ...variables };
      const run = await startPeer(
        'lego',
        [
          ...Object.entries(all).map(([name, value]) => `${name}=${value}`),
          '--',
          ...['--server', pebble.directory, '--accept-tos', '--email', 'anna@bar.example', '--path', '.'],
          ...['--dns.disable-cp', '--dns.resolvers', `127.0.0.1:${bind.port}`, '--dns', 'httpreq'],
          ...domains.flatMap((domain) => ['--domains', domain]),
          'run',
        ],
        { files: { 'pebble.pem': pebble.ca, 'ca.pem': peer.ca } },
      );
      const { code } = await run.exited;
      assert.equal(code, 0, run.output());
      return new X509Certificate(run.output().slice(run.output().indexOf('-----BEGIN')));
    }

    it('gets one for a name and its wildcard, whose CNAME record leads to the zone of the server', async () => {
      const certificate = await lego(
        {
          HTTPREQ_ENDPOINT: peer.origin,
          HTTPREQ_USERNAME: 'lego',
          HTTPREQ_PASSWORD: made.secret,
          HTTPREQ_POLLING_INTERVAL: '0',
          LEGO_EXPERIMENTAL_CNAME_SUPPORT: 'true',
        },
        // Each name more can be five seconds more, which lego waits if pebble has not looked yet.
        ['alias.bar.example', '*.alias.bar.example'],
      );
      assert.deepEqual(certificate.subjectAltName?.split(', ').sort(), [
        'DNS:*.alias.bar.example',
        'DNS:alias.bar.example',
      ]);
      const added = events
        .filter(({ action }) => action === 'present')
        .map(({ name, outcome }) => [name, outcome]);
      assert.deepEqual(added.sort(), [
        ['own.auth.bar.example', 'done'],
        ['own.auth.bar.example', 'done'],
      ]);
      assert.deepEqual(await values('own.auth.bar.example'), []);
    });
  });
});
