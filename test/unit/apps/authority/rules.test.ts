import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { CertificateAuthority } from '#lib/apps/authority/certificate-authority.js';
import type { CertificateWish } from '#lib/apps/authority/draft.js';
import type { IssueOptions } from '#lib/apps/authority/issue.js';
import { EXTENDED_KEY_USAGES } from '#lib/formats/x509/usages.js';
import { AuthorityFolders, DAY_MS, newKey, QUICK_KEY, setClock } from '../../../support/authority-folder.js';
import { rsaPair } from '../../../support/rsa-pair.js';

const NAMES = { dns: ['www.example'] };
const rsa = (modulusLength: number, publicExponent?: number): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, ...(publicExponent !== undefined && { publicExponent }) })
    .publicKey;

describe('apps/authority/rules', () => {
  const folders = new AuthorityFolders();
  let root: CertificateAuthority;
  before(async () => {
    root = await folders.root({ days: 800, excluded: { dns: ['no.example'] } });
  });
  after(() => folders.remove());

  /** The reasons of a refusal; null if there was none. */
  async function judge(
    wish: Partial<CertificateWish>,
    options: IssueOptions = {},
    authority = root,
  ): Promise<unknown> {
    try {
      await authority.issue({ publicKey: newKey(), ...wish }, { ...options, dryRun: true });
      return null;
    } catch (error) {
      return Reflect.get(error as object, 'reasons') ?? error;
    }
  }

  it('lets a good one pass', async () => {
    assert.equal(await judge({ names: NAMES }), null);
    assert.equal(await judge({ names: { dns: ['*.bar.example'], ip: ['::1'] } }), null);
  });

  for (const [what, wish, options, reasons] of [
    ['no names for a server', {}, {}, ['the template server needs host names or IP addresses']],
    [
      'names of a kind that the template has not',
      {},
      { names: { ...NAMES, email: ['a@bar.example'] } },
      ['the template server allows no e-mail addresses'],
    ],
    [
      'a wildcard for a top-level domain',
      { names: { dns: ['*.test'] } },
      {},
      ['browsers refuse the wildcard *.test, which covers a whole top-level domain'],
    ],
    [
      'excluded names',
      { names: { dns: ['a.no.example'] } },
      {},
      ['a.no.example is excluded by the name constraints of the authority'],
    ],
    [
      'a common name that is no name',
      { names: NAMES },
      { subject: 'CN=other.example' },
      ['the common name other.example is not among the names, which are all that browsers read'],
    ],
    [
      'two common names',
      { names: NAMES },
      { subject: 'CN=www.example, CN=www.example' },
      ['the subject has several common names'],
    ],
    [
      'a country that is none',
      { names: NAMES },
      { subject: 'CN=www.example, C=Germany' },
      ['the country is not a code of two letters (C=DE)'],
    ],
    [
      'a name that is too long',
      { subject: `CN=${'x'.repeat(65)}` },
      { template: 'client' },
      ['CN has 65 characters, and at most 64 are allowed'],
    ],
    [
      'a subject that is too long',
      { subject: `OU=${'x'.repeat(2000)}` },
      { template: 'client' },
      ['the subject has more than 1024 characters'],
    ],
    ['nobody', {}, { template: 'client' }, ['neither a subject nor a name says whose certificate it is']],
    [
      'too many days',
      { names: NAMES },
      { days: 826 },
      ['826 days are more than the 825 that the template server allows'],
    ],
    [
      'more days than the authority has',
      { names: NAMES },
      { days: 820 },
      [/^the authority itself is valid only until \d{4}-/],
    ],
    [
      'an authority with the same name',
      { subject: 'CN=Test Root' },
      { template: 'issuing' },
      ["it has the authority's own name; Schannel would leave it out of the chain"],
    ],
    [
      'an authority without a subject',
      {},
      { template: 'issuing' },
      ['neither a subject nor a name says whose certificate it is', 'an authority needs a subject'],
    ],
    [
      'constraints for a server',
      { names: NAMES },
      { constraints: { permitted: { dns: ['x.example'] }, excluded: {} } },
      ['only an authority can have name constraints'],
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const found = await judge(wish, options);
      assert.ok(Array.isArray(found), String(found));
      assert.equal(found.length, reasons.length, String(found));
      reasons.forEach((reason, index) => {
        if (typeof reason === 'string') assert.equal(found[index], reason);
        else assert.match(String(found[index]), reason);
      });
    });
  }

  for (const [what, key, template, reason] of [
    ['a short RSA key', () => rsa(1024), 'server', 'the RSA key has 1024 bits, and 2048 are the least'],
    [
      'a short RSA key for code',
      () => rsa(2048),
      'code-signing',
      'the RSA key has 2048 bits, and 3072 are the least',
    ],
    [
      'P-521',
      () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey,
      'server',
      "the key is on the curve P-521, which Windows' TLS does not use",
    ],
    [
      'another curve',
      () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      'server',
      "the key is of a kind that Windows' TLS does not use",
    ],
    [
      'Ed25519',
      () => generateKeyPairSync('ed25519').publicKey,
      'server',
      "the key is of a kind that Windows' TLS does not use",
    ],
  ] as const) {
    it(`refuses the key: ${what}`, async () => {
      const names = template === 'server' ? NAMES : {};
      assert.deepEqual(await judge({ publicKey: key(), names, subject: 'CN=x' }, { template }), [reason]);
    });
  }

  it("refuses the authority's own key", async () => {
    const { certificate } = root;
    assert.ok(certificate);
    assert.deepEqual(await judge({ publicKey: certificate.publicKey, names: NAMES }), [
      "the key is the authority's own",
    ]);
  });

  it('refuses a key that somebody else has a certificate for, and takes it for the same names', async () => {
    const publicKey = newKey();
    const { certificate } = await root.issue({ publicKey, names: { dns: ['one.example'] } });
    assert.deepEqual(await judge({ publicKey, names: { dns: ['two.example'] } }), [
      `the key already has a certificate for CN=one.example (${certificate?.serialNumber ?? ''})`,
    ]);
    assert.equal(await judge({ publicKey, names: { dns: ['one.example'] } }), null);
  });

  it('refuses authorities where there may be none', async () => {
    const issuing = await folders.issuing(root);
    assert.deepEqual(await judge({ subject: 'CN=Third' }, { template: 'issuing' }, issuing), [
      'the authority may not have authorities below it',
    ]);
  });

  it('refuses purposes beyond those of the authority', async () => {
    const limited = await folders.root({ subject: 'CN=Servers', template: 'issuing' });
    const template = {
      name: 'servers-only',
      pathLength: 0,
      keyUsage: ['keyCertSign', 'cRLSign'],
      extendedKeyUsage: ['serverAuth'],
    };
    const request = (await limited.request()) ?? '';
    const { checkTemplate } = await import('#lib/apps/authority/template.js');
    const { pem } = await root.issue(request, { template: checkTemplate(template) });
    await limited.complete(pem + root.pem);
    assert.deepEqual(limited.certificate?.encodedKeyUsage, [EXTENDED_KEY_USAGES.serverAuth]);
    assert.equal(await judge({ names: NAMES }, {}, limited), null);
    assert.deepEqual(await judge({ subject: 'CN=Anna' }, { template: 'client' }, limited), [
      'the authority may not issue for clientAuth',
    ]);
  });

  it('lets an authority for any purpose issue for all of them', async () => {
    const any = await folders.root({ subject: 'CN=Any Purpose', template: 'issuing' });
    const { checkTemplate } = await import('#lib/apps/authority/template.js');
    const template = checkTemplate({
      name: 'any-purpose',
      pathLength: 0,
      keyUsage: ['keyCertSign', 'cRLSign'],
      extendedKeyUsage: ['anyExtendedKeyUsage'],
    });
    const { pem } = await root.issue((await any.request()) ?? '', { template });
    await any.complete(pem + root.pem);
    assert.deepEqual(any.certificate?.encodedKeyUsage, [EXTENDED_KEY_USAGES.anyExtendedKeyUsage]);
    assert.equal(await judge({ names: NAMES }, {}, any), null);
    assert.equal(await judge({ subject: 'CN=Anna' }, { template: 'client' }, any), null);
  });

  for (const [what, asked, options, code] of [
    ['names that are no list', { names: { dns: 'www.example' } }, {}, 'ERR_INVALID_ARG_TYPE'],
    ['null for names of a kind', { names: { dns: null } }, {}, 'ERR_INVALID_ARG_TYPE'],
    ['a name that is no text', { names: { ip: [1] } }, {}, 'ERR_INVALID_ARG_VALUE'],
    ['a host name that is none', { names: { dns: ['a b'] } }, {}, 'ERR_INVALID_ARG_VALUE'],
    ['names that are no object', { names: 'www.example' }, {}, 'ERR_INVALID_ARG_TYPE'],
    ['names in the options that are no object', { names: NAMES }, { names: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['null as names in the options', { names: NAMES }, { names: null }, 'ERR_INVALID_ARG_TYPE'],
    ['a subject that is no text', { names: NAMES }, { subject: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['a key that is none', { names: NAMES, publicKey: 'key' }, {}, 'ERR_INVALID_ARG_TYPE'],
    ['no key', { names: NAMES, publicKey: undefined }, {}, 'ERR_INVALID_ARG_TYPE'],
    [
      'a private key',
      { names: NAMES, publicKey: generateKeyPairSync('ed25519').privateKey },
      {},
      'ERR_INVALID_ARG_TYPE',
    ],
  ] as const) {
    it(`has a code for ${what}`, async () => {
      const wish = { publicKey: newKey(), ...asked } as unknown as CertificateWish;
      for (const dryRun of [true, false]) {
        await assert.rejects(root.issue(wish, { ...(options as unknown as IssueOptions), dryRun }), { code });
      }
    });
  }

  it('has a code for what is no request at all', async () => {
    for (const asked of [null, undefined, 5, []]) {
      await assert.rejects(root.issue(asked as unknown as CertificateWish), { code: 'ERR_INVALID_ARG_TYPE' });
    }
  });

  it('cuts the validity to that of the authority, unless days were asked for', async () => {
    const short = await folders.root({ days: 100 });
    const { certificate, decisions } = await short.issue({ publicKey: newKey(), names: NAMES });
    assert.equal(certificate?.validTo.getTime(), short.certificate?.validTo.getTime());
    assert.equal(decisions.at(-1)?.why, 'the authority itself is not valid for longer');
  });

  it('applies constraints on e-mail addresses to the subject', async () => {
    const limited = await folders.root({ permitted: { email: ['bar.example'] } });
    const subject = 'CN=Anna, E=anna@other.example';
    assert.deepEqual(await judge({ subject }, { template: 'client' }, limited), [
      'anna@other.example is not permitted by the name constraints of the authority',
    ]);
  });

  it('counts the days from the first moment to the last one', async () => {
    const long = await folders.root();
    const { certificate } = await long.issue({ publicKey: newKey(), names: NAMES }, { days: 825 });
    // RFC 5280 §4.1.2.5: the last second belongs to it.
    const period = Number(certificate?.validTo) + 1000 - Number(certificate?.validFrom);
    assert.equal(period, 825 * DAY_MS);
  });

  it('issues nothing after the authority has expired', async () => {
    const clock = setClock();
    const short = await folders.root({ days: 1 }, clock);
    clock.advance(2 * DAY_MS);
    assert.deepEqual(await judge({ names: NAMES }, {}, short), [
      "the authority's own certificate has expired",
    ]);
  });

  it('refuses an authority with a weak key before it signs anything', async () => {
    const { privateKey } = rsaPair();
    await assert.rejects(folders.root({ key: { ...QUICK_KEY, existing: privateKey } }), {
      code: 'ERR_SCHANNEL_CA_REFUSED',
      reasons: ['the RSA key has 2048 bits, and 3072 are the least'],
    });
  });
});
