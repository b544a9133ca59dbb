import assert from 'node:assert/strict';
import { certCommand, type Outcome } from '../../../../support/cert-command.js';
import { selfSigned, type TestCertificate } from '../../../../support/certificates.js';
import { FakeStores, type FakeEntry } from '../../../../support/fake-stores.js';

const MY = 'CurrentUser\\MY';
const MACHINE = 'LocalMachine\\MY';

interface Printed {
  readonly certificate?: { readonly reference: string };
  readonly error: { readonly code?: string; readonly message: string; readonly candidates?: string[] } | null;
}

const printed = (outcome: Outcome): Printed => outcome.json() as Printed;

describe('cli/commands/cert/selected-certificate', () => {
  let certificates: readonly TestCertificate[];
  let stores: FakeStores;
  let one: FakeEntry;

  before(async () => {
    const bar = { subject: 'CN=bar.example', altNames: ['DNS:bar.example', 'DNS:xn--bcher-kva.example'] };
    certificates = [
      await selfSigned(bar),
      await selfSigned(bar),
      await selfSigned({ subject: 'CN=Bar CA', altNames: ['DNS:*.wild.example'] }),
    ];
  });
  beforeEach(() => {
    stores = new FakeStores();
    one = put(MY, 0, { friendlyName: 'The Bar' });
  });
  afterEach(() => assert.equal(stores.open, 0, 'a store was left open'));

  const put = (path: string, index: number, options: Parameters<FakeStores['put']>[2] = {}): FakeEntry =>
    stores.put(path, certificates[index]?.der ?? Buffer.alloc(0), options);

  const show = (...args: string[]): Promise<Outcome> => certCommand(stores, ['show', '--json', ...args]);

  /** What the name means. */
  const named = async (...args: string[]): Promise<string | undefined> =>
    printed(await show(...args)).certificate?.reference;

  it('accepts thumbprints, references, DNS names and friendly names', async () => {
    const spaced = one.thumbprint.toLowerCase().replace(/..(?=.)/g, '$& ');
    for (const name of [
      one.thumbprint,
      one.thumbprint256,
      spaced,
      one.reference,
      `Cert:\\CurrentUser\\My\\${one.thumbprint}`,
      'bar.example',
      'BAR.example',
      'bücher.example',
      'the bar',
    ]) {
      assert.equal(await named(name), one.reference, name);
    }
  });

  it('accepts a common name', async () => {
    const authority = put(MY, 2);
    assert.equal(await named('bar ca'), authority.reference);
  });

  it('does not take a wildcard for the name of its hosts', async () => {
    const wild = put(MY, 2);
    assert.equal(
      printed(await show('www.wild.example')).error?.code,
      'ERR_SCHANNEL_STORE_CERTIFICATE_NOT_FOUND',
    );
    assert.equal(await named('*.wild.example'), wild.reference);
  });

  it('lists several that match, and refuses', async () => {
    const other = put(MY, 1);
    const outcome = await show('bar.example');
    assert.equal(outcome.code, 2);
    assert.deepEqual(
      [...(printed(outcome).error?.candidates ?? [])].sort(),
      [one.reference, other.reference].sort(),
    );
    assert.match(outcome.errors(), /^Name .* Certificate\n/);
    for (const { reference } of [one, other]) assert.ok(outcome.errors().includes(reference));
    assert.match(outcome.errors(), /2 certificates are named bar\.example\. Select one by its thumbprint/);
    assert.equal(await named(other.thumbprint), other.reference);
  });

  it('searches LocalMachine\\MY when CurrentUser\\MY does not have it', async () => {
    const other = put(MACHINE, 2);
    put(MACHINE, 1);
    assert.equal(await named('Bar CA'), other.reference);
    assert.equal(await named('bar.example'), one.reference);
  });

  it('searches no other store when one is named', async () => {
    put(MACHINE, 2);
    for (const place of [
      ['--store', 'MY'],
      ['--location', 'CurrentUser'],
    ]) {
      assert.equal(await named('Bar CA', ...place), undefined);
    }
    assert.notEqual(await named('Bar CA', '--location', 'LocalMachine'), undefined);
  });

  it('finds archived certificates by reference, or when asked to', async () => {
    const archived = put(MY, 2, { archived: true });
    assert.equal(await named('Bar CA'), undefined);
    assert.equal(await named('Bar CA', '--archived'), archived.reference);
    assert.equal(await named(archived.reference), archived.reference);
  });

  it('ends with 1 and names the stores that it searched when there is none', async () => {
    put(MACHINE, 2);
    const outcome = await show('no.example');
    assert.equal(outcome.code, 1);
    assert.equal(
      printed(outcome).error?.message,
      `No certificate in ${MY} or ${MACHINE} is named no.example`,
    );
  });

  it('ends with 2 when name and options name a store', async () => {
    assert.equal((await show(one.reference, '--store', 'Root')).code, 2);
  });
});
