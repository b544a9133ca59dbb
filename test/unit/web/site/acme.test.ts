import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { type ChallengeSolver, dnsRecords, httpTokens } from 'schannel/acme';
import { siteNames } from '#lib/web/names/site-names.js';
import { type AcmeOptions, siteAcme } from '#lib/web/site/acme.js';

const AGREED = { termsOfServiceAgreed: true } as const;

describe('web/site/acme', () => {
  const around = { names: siteNames(['www.bar.example', '192.0.2.7']), store: 'MY', fallback: undefined };
  const settings = (options: AcmeOptions, plain = true, port = 0) =>
    siteAcme(options, {
      ...around,
      ports: { https: port, http: plain ? port : null },
      temporaryKeys: undefined,
    });

  it("has Let's Encrypt for all names in one certificate, and HTTP-01 answered by the site", async () => {
    const { manager, fallback, tokens, challenges } = settings({
      ...AGREED,
      contact: 'mailto:anna@bar.example',
    });
    const { certificates, ...rest } = manager;
    assert.deepEqual(rest, {
      ...AGREED,
      contact: 'mailto:anna@bar.example',
      directory: 'https://acme-v02.api.letsencrypt.org/directory',
    });
    const [{ names, store, challenge } = assert.fail()] = certificates;
    assert.deepEqual(
      [names, store, fallback, certificates.length],
      [['www.bar.example', '192.0.2.7'], 'MY', true, 1],
    );
    assert.deepEqual([(challenge as unknown[])[0], challenges], [tokens, undefined]);
    assert.equal(await tokens?.answerFor('abc'), null);
  });

  it('answers TLS-ALPN-01 if it has no other port', () => {
    const { tokens, challenges } = settings(AGREED, false);
    assert.equal(tokens, undefined);
    assert.equal(typeof challenges?.contextFor, 'function');
  });

  it('looks at its own port before the ACME server does', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const log: string[] = [];
    for (const plain of [true, false]) {
      for (const known of [port, 0]) {
        const { challenge } = settings(AGREED, plain, known).manager.certificates[0] ?? assert.fail();
        const [solver = assert.fail()] = challenge as readonly ChallengeSolver[];
        const plan = { type: 'dns', value: 'bar.example', token: 't', keyAuthorization: 't.thumbprint' };
        await solver.settle?.([plan], { log: (text) => log.push(text) });
      }
    }
    assert.deepEqual(
      log.map((text) => text.includes(`Port ${port} `)),
      [true, true],
    );
  });

  it('answers what it is given, and leaves to others what it cannot', () => {
    const own = httpTokens();
    const records = dnsRecords({
      name: 'none',
      add: () => assert.fail(),
      remove: () => assert.fail(),
    } as never);
    const { tokens, challenges } = settings({ ...AGREED, challenge: [records, own] }, false);
    assert.deepEqual([tokens, challenges], [own, undefined]);
    assert.equal(settings({ ...AGREED, challenge: records }).tokens, undefined);
  });

  it('passes on what is for the set, and what is for the manager', () => {
    const key = { algorithm: 'ec' } as const;
    const { manager } = settings({
      ...AGREED,
      key,
      profile: 'shortlived',
      state: 'folder',
      directory: 'https://ca.example/',
    });
    assert.equal(manager.state, 'folder');
    assert.equal(manager.directory, 'https://ca.example/');
    assert.deepEqual([manager.certificates[0]?.key, manager.certificates[0]?.profile], [key, 'shortlived']);
    assert.ok(!('key' in manager) && !('profile' in manager));
  });

  it('refuses what is none', () => {
    assert.throws(() => settings(true as never), { code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => settings(null as never), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
