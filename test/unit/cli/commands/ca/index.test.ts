import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EXIT_CODES } from '#lib/cli/exit-code.js';
import { toPem } from '#lib/formats/pem/pem-writer.js';
import { parsePfx } from '#lib/formats/pfx/parse.js';
import { signRequest, requestedExtensions } from '#lib/formats/request/request-writer.js';
import { alternativeNames } from '#lib/formats/x509/alternative-names.js';
import { signerOf } from '#lib/formats/x509/key-signer.js';
import { commonName } from '#lib/formats/x509/subject.js';
import { AuthorityFolders } from '../../../../support/authority-folder.js';
import { caCommand } from '../../../../support/ca-command.js';
import type { Outcome } from '../../../../support/cert-command.js';
import { FakeStores } from '../../../../support/fake-stores.js';

describe('cli/commands/ca/index', () => {
  const folders = new AuthorityFolders();
  let root: string;
  let files: string;
  before(async () => {
    root = folders.next();
    files = path.dirname(root);
    const outcome = await caCommand([
      ...['init', root, '--subject', 'CN=Example Root', '--key', 'file', '--algorithm', 'ec'],
      ...['--url', 'http://pki.example/ca/', '--exclude', 'no.example'],
    ]);
    assert.equal(outcome.code, EXIT_CODES.ok, outcome.errors());
    assert.match(outcome.output(), /CN=Example Root[^]*root authority[^]*excluded no\.example/);
  });
  after(() => folders.remove());

  const file = (name: string): string => path.join(files, name);

  async function requestFor(names: readonly string[], isAuthority = false): Promise<string> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const fields = {
      names: alternativeNames({ dns: names, email: ['anna@bar.example'] }),
      keyUsage: isAuthority
        ? (['keyCertSign'] as const)
        : (['digitalSignature', 'dataEncipherment'] as const),
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'],
      template: 'WebServer',
    };
    const content = {
      subject: commonName('asked.example'),
      extensions: requestedExtensions(fields, true),
      challengePassword: 'hidden',
    };
    // Windows has no files with an asterisk in their names.
    const target = file(`${(names[0] ?? 'x').replace('*', 'any')}.csr`);
    writeFileSync(target, toPem('CERTIFICATE REQUEST', await signRequest(content, signerOf(privateKey))));
    return target;
  }

  it('issues for a request, and says what was asked for, what is given, and why', async () => {
    const request = await requestFor(['www.example']);
    const dry = await caCommand(['issue', root, request, '--dry-run'], { env: { SCHANNEL_CA_PASSWORD: '' } });
    assert.equal(dry.code, EXIT_CODES.ok, dry.errors());
    assert.match(dry.output(), /would issue a certificate by the template server/);
    const { code, output } = await caCommand(['issue', root, request, '--out', file('www.pem')]);
    assert.equal(code, EXIT_CODES.ok);
    const rows = output()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows.slice(1, -3), [
      ['subject', 'CN=asked.example', 'CN=www.example', 'server has the first name as subject'],
      ['host names', 'www.example', 'www.example', 'server allows them'],
      ['e-mail addresses', 'anna@bar.example', 'nothing', 'server has none'],
      ['key usage', 'digitalSignature, dataEncipherment', 'digitalSignature', 'server decides'],
      ['purposes', 'codeSigning', 'serverAuth', 'server decides'],
      ['template of Windows', 'WebServer', 'nothing', 'server has none'],
      ['password', 'present', 'nothing', 'server has none'],
    ]);
    assert.doesNotMatch(output(), /hidden/);
    const certificate = new X509Certificate(readFileSync(file('www.pem')));
    assert.equal(certificate.subjectAltName, 'DNS:www.example');
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(certificate.ca, false);
    assert.match(certificate.infoAccess ?? '', /OCSP - URI:http:\/\/pki\.example\/ca\/example-root\/ocsp/);
  });

  it('ends with 12 and all reasons if it refuses', async () => {
    const request = await requestFor(['*.example', 'a.no.example']);
    const { code, json } = await caCommand(['issue', root, request, '--days', '900', '--json']);
    assert.equal(code, EXIT_CODES.denied);
    const { ok, error } = json() as { ok: boolean; error: { code: string; reasons: string[] } };
    assert.equal(ok, false);
    assert.equal(error.code, 'ERR_SCHANNEL_CA_REFUSED');
    assert.deepEqual(error.reasons, [
      'browsers refuse the wildcard *.example, which covers a whole top-level domain',
      '*.example is excluded by the name constraints of the authority',
      'a.no.example is excluded by the name constraints of the authority',
      '900 days are more than the 825 that the template server allows',
    ]);
  });

  it('makes a PFX with a key, the certificate and its issuers', async () => {
    const out = file('anna.pfx');
    const args = [
      'new',
      root,
      '--template',
      'client',
      '--subject',
      'CN=Anna',
      '--pfx',
      out,
      '--algorithm',
      'ec',
    ];
    const outcome = await caCommand(args, { env: { SCHANNEL_PASSWORD: 'for Anna' } });
    assert.equal(outcome.code, EXIT_CODES.ok, outcome.errors());
    const { identities } = parsePfx(readFileSync(out), 'for Anna');
    const [identity] = identities;
    assert.ok(identity !== undefined);
    const certificate = new X509Certificate(identity.certificate.der);
    assert.equal(certificate.subject, 'CN=Anna');
    assert.ok(createPublicKey(identity.key.privateKey).equals(certificate.publicKey));
    const again = await caCommand(args, { env: { SCHANNEL_PASSWORD: 'for Anna' } });
    assert.equal(again.code, EXIT_CODES.usage);
  });

  it('lists, shows, revokes and releases', async () => {
    await caCommand(['issue', root, await requestFor(['held.example']), '--out', file('held.pem')]);
    const hold = await caCommand([
      'revoke',
      root,
      'held.example',
      '--reason',
      'certificatehold',
      '--yes',
      '--json',
    ]);
    assert.equal(hold.code, EXIT_CODES.ok, hold.errors());
    const revoked = await caCommand(['ls', root, '--status', 'revoked', '--json']);
    const { certificates } = revoked.json() as { certificates: { names: { dns: string[] } }[] };
    assert.deepEqual(
      certificates.map(({ names }) => names.dns),
      [['held.example']],
    );
    const release = await caCommand(['release', root, 'held.example', '--yes']);
    assert.equal(release.code, EXIT_CODES.ok, release.errors());
    const shown = await caCommand(['show', root, 'held.example']);
    assert.match(shown.output(), /status +valid/);
    assert.equal((await caCommand(['ls', root, '--within', '30d'])).code, EXIT_CODES.ok);
    assert.equal((await caCommand(['ls', root, '--within', '500d'])).code, EXIT_CODES.expiring);
    assert.match((await caCommand(['show', root])).output(), /CN=Example Root[^]*list +number/);
  });

  it('asks before it revokes', async () => {
    await caCommand(['issue', root, await requestFor(['asked.example']), '--out', file('asked.pem')]);
    const asked = await caCommand(['revoke', root, 'asked.example']);
    assert.equal(asked.code, EXIT_CODES.usage);
    assert.match(asked.errors(), /Revoke asked\.example/);
    const dry = await caCommand(['revoke', root, 'asked.example', '--dry-run']);
    assert.match(dry.output(), /would have revoked asked\.example/);
    assert.match((await caCommand(['show', root, 'asked.example'])).output(), /status +valid/);
  });

  it('renews with the same key', async () => {
    await caCommand(['issue', root, await requestFor(['renewed.example']), '--out', file('first.pem')]);
    const args = [
      'renew',
      root,
      'renewed.example',
      '--same-key',
      '--revoke',
      'superseded',
      '--out',
      file('second.pem'),
    ];
    const outcome = await caCommand(args);
    assert.equal(outcome.code, EXIT_CODES.ok, outcome.errors());
    const [first, second] = ['first', 'second'].map(
      (name) => new X509Certificate(readFileSync(file(`${name}.pem`))),
    );
    assert.ok(first !== undefined && second !== undefined);
    assert.ok(first.publicKey.equals(second.publicKey));
    assert.match((await caCommand(['show', root, first.serialNumber])).output(), /revoked +.*\(superseded\)/);
  });

  it('makes a list only if one is due', async () => {
    const made = await caCommand(['crl', root, '--out', file('list.crl'), '--json']);
    assert.equal((made.json() as { list: { isNew: boolean } }).list.isNew, true);
    const kept = await caCommand(['crl', root, '--if-due']);
    assert.match(kept.output(), /^kept list/);
    assert.equal(readFileSync(file('list.crl'))[0], 0x30);
  });

  it('verifies, and prints the log', async () => {
    const { code, json } = await caCommand(['verify', root, '--json']);
    assert.equal(code, EXIT_CODES.ok);
    const { head } = json() as { head: string };
    assert.equal((await caCommand(['verify', root, '--head', head])).code, EXIT_CODES.ok);
    const other = await caCommand(['verify', root, '--head', 'f'.repeat(64)]);
    assert.equal(other.code, EXIT_CODES.failure);
    assert.match(other.output(), /the log does not contain the line/);
    const log = await caCommand(['log', root, '--last', '1', '--json']);
    assert.equal((JSON.parse(log.output()) as { event: string }).event, 'crl');
    assert.match(
      (await caCommand(['log', root])).output(),
      /init +root authority example-root[^]*head [0-9a-f]{64}/,
    );
  });

  it('makes an authority below another one, at once or by a request', async () => {
    const below = folders.next();
    const args = [
      'init',
      below,
      '--issuing',
      '--subject',
      'CN=Example Issuing',
      '--key',
      'file',
      '--algorithm',
      'ec',
    ];
    const made = await caCommand([
      ...args,
      '--issuer',
      root,
      '--permit',
      'bar.example',
      '10.0.0.0/8',
      '@bar.example',
    ]);
    assert.equal(made.code, EXIT_CODES.ok, made.errors());
    assert.match(
      made.output(),
      /permitted bar\.example, permitted 10\.0\.0\.0\/8, permitted bar\.example, excluded no\.example/,
    );

    const offline = folders.next();
    const other = [
      'init',
      offline,
      '--issuing',
      '--subject',
      'CN=Offline',
      '--key',
      'file',
      '--algorithm',
      'ec',
      '--json',
    ];
    const waiting = await caCommand(other);
    assert.equal(waiting.code, EXIT_CODES.ok, waiting.errors());
    const issue = [
      'issue',
      root,
      path.join(offline, 'ca.csr'),
      '--template',
      'issuing',
      '--out',
      file('offline.pem'),
    ];
    const signed = await caCommand(issue);
    assert.equal(signed.code, EXIT_CODES.ok, signed.errors());
    writeFileSync(
      file('chain.pem'),
      readFileSync(file('offline.pem'), 'utf8') + readFileSync(path.join(root, 'ca.pem'), 'utf8'),
    );
    const complete = await caCommand(['complete', offline, file('chain.pem')]);
    assert.equal(complete.code, EXIT_CODES.ok, complete.errors());
    assert.match(complete.output(), /issuer +CN=Example Root/);
  });

  it('takes a template from a file, and refuses one that contradicts itself', async () => {
    const request = await requestFor(['own.example']);
    writeFileSync(
      file('own.json'),
      JSON.stringify({
        name: 'own',
        days: 5,
        names: ['dns'],
        namesRequired: true,
        subject: 'first-name',
        extendedKeyUsage: ['serverAuth'],
      }),
    );
    const good = await caCommand([
      'issue',
      root,
      request,
      '--template',
      file('own.json'),
      '--out',
      file('own.pem'),
    ]);
    assert.equal(good.code, EXIT_CODES.ok, good.errors());
    assert.match(good.output(), /own has 5 days/);
    writeFileSync(file('bad.json'), JSON.stringify({ name: 'bad', keyUsage: ['keyCertSign'] }));
    const bad = await caCommand(['issue', root, request, '--template', file('bad.json')]);
    assert.equal(bad.code, EXIT_CODES.usage);
    assert.match(bad.errors(), /ERR_SCHANNEL_CA_TEMPLATE/);
  });

  it('needs the passphrase, and says which variable has it', async () => {
    const { code, errors } = await caCommand(['crl', root], { env: { SCHANNEL_CA_PASSWORD: '' } });
    assert.equal(code, EXIT_CODES.usage);
    assert.match(errors(), /Set SCHANNEL_CA_PASSWORD/);
    const wrong = await caCommand(['crl', root], { env: { SCHANNEL_CA_PASSWORD: 'other' } });
    assert.equal(wrong.code, EXIT_CODES.signIn);
  });

  it('prints templates that it also reads', async () => {
    const { output } = await caCommand(['templates', 'server']);
    writeFileSync(file('server.json'), output());
    const request = await requestFor(['tpl.example']);
    const { code, errors } = await caCommand([
      'issue',
      root,
      request,
      '--template',
      file('server.json'),
      '--dry-run',
    ]);
    assert.equal(code, EXIT_CODES.ok, errors());
  });

  it('adds its revocation list to the store where Windows looks for it', async () => {
    const stores = new FakeStores();
    const crl = (...args: readonly string[]): Promise<Outcome> =>
      caCommand(['crl', root, '--if-due', ...args], {}, stores);
    const first = await crl('--install');
    assert.equal(first.code, EXIT_CODES.ok, first.errors());
    assert.match(first.output(), /installed in CurrentUser\\CA\n/);
    const again = await crl('--install', '--json');
    assert.deepEqual(Reflect.get(again.json() as object, 'installed'), {
      store: 'CurrentUser\\CA',
      isNew: false,
    });
    const machine = await crl('--install', '--machine', '--json');
    assert.deepEqual(Reflect.get(machine.json() as object, 'installed'), {
      store: 'LocalMachine\\CA',
      isNew: true,
    });
    using store = await stores.openStore('CA');
    assert.deepEqual(await store.revocationLists(), [readFileSync(path.join(root, 'crl/example-root.crl'))]);
    const machineOnly = await crl('--machine');
    assert.equal(machineOnly.code, EXIT_CODES.usage);
  });
});
