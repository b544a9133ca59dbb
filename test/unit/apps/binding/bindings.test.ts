import assert from 'node:assert/strict';
import {
  type BindingSettings,
  listBindings,
  moveBindings,
  readBinding,
  removeBinding,
  replaceCertificate,
  setBinding,
} from '#lib/apps/binding/bindings.js';
import { guidBytes, OWN_APP_ID } from '#lib/windows/binding/binding.js';
import { fault, IIS, NEW, OLD, ScriptedHttp } from '../../../support/scripted-http.js';

describe('apps/binding/bindings', () => {
  let http: ScriptedHttp;
  const iis = guidBytes(IIS) ?? new Uint8Array();

  beforeEach(() => {
    http = new ScriptedHttp();
    http.certify(NEW);
  });

  const hashes = (): string[] =>
    http.records.map(({ hash }) => Buffer.from(hash).toString('hex').toUpperCase());

  describe('listBindings()', () => {
    it('finds by certificate, port and name', async () => {
      http.add('*:443');
      http.add('bar.example:8443', { hash: Buffer.from(NEW, 'hex') });
      const keys = async (query?: object): Promise<string[]> =>
        (await listBindings(query, http)).map(({ key }) => key);
      assert.deepEqual(await keys(), ['0.0.0.0:443', 'bar.example:8443']);
      assert.deepEqual(await keys({ thumbprint: NEW.toLowerCase() }), ['bar.example:8443']);
      assert.deepEqual(await keys({ port: 443 }), ['0.0.0.0:443']);
      assert.deepEqual(await keys({ host: 'BAR.example' }), ['bar.example:8443']);
      http.add('xn--bcher-kva.example:443');
      assert.deepEqual(await keys({ host: 'bücher.example' }), ['xn--bcher-kva.example:443']);
      await assert.rejects(listBindings({ thumbprint: 'AB' }, http), { code: 'ERR_INVALID_ARG_VALUE' });
    });

    it('refuses questions that no binding can answer', async () => {
      for (const query of [
        null,
        'bar.example',
        { port: '443' },
        { port: 0 },
        { host: 5 },
        { thumbprint: 5 },
      ]) {
        await assert.rejects(
          listBindings(query as object, http),
          { code: /^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/ },
          JSON.stringify(query),
        );
      }
    });

    it('is empty if there are none', async () => {
      assert.deepEqual(await listBindings({}, http), []);
      await assert.rejects(readBinding('*:443', http), { code: 'ERR_SCHANNEL_BINDING_NOT_FOUND' });
    });
  });

  describe('setBinding()', () => {
    it('makes one of this library, which checks revocation', async () => {
      const { before, after } = await setBinding({ key: 'bar.example:443', certificate: NEW }, {}, http);
      assert.equal(before, null);
      assert.deepEqual(
        [after?.thumbprint, after?.appId, after?.owner, after?.revocation, after?.flagBits, after?.store],
        [NEW, OWN_APP_ID, 'schannel', 'on', 0, 'MY'],
      );
      assert.deepEqual(http.done, ['set bar.example']);
    });

    it('keeps everything that is not named', async () => {
      const old = http.add('bar.example:443');
      await setBinding({ key: 'bar.example:443', certificate: NEW }, {}, http);
      assert.deepEqual(http.records, [{ ...old, hash: Buffer.from(NEW, 'hex') }]);
      await setBinding({ key: 'bar.example:443', revocation: 'off', tls13: false }, {}, http);
      assert.deepEqual(http.records, [
        { ...old, hash: Buffer.from(NEW, 'hex'), checkMode: 0x10005, flags: 0x80000042 },
      ]);
    });

    it('sets and clears each switch', async () => {
      http.add('*:443', { flags: 0 });
      const flagsAfter = async (settings: Partial<BindingSettings>): Promise<number | undefined> =>
        (await setBinding({ key: '*:443', ...settings }, {}, http)).after?.flagBits;
      assert.equal(await flagsAfter({ clientCertificates: true }), 0x2);
      assert.equal(await flagsAfter({ legacyTls: false, http2: false }), 0x412);
      assert.equal(await flagsAfter({ legacyTls: true, http2: true, clientCertificates: false }), 0);
    });

    it('finds the certificate in WebHosting, too', async () => {
      http.certify(OLD, {}, 'WebHosting');
      const { after } = await setBinding({ key: 'bar.example:443', certificate: OLD }, {}, http);
      assert.equal(after?.store, 'WebHosting');
      const named = `LocalMachine\\WebHosting\\${OLD}`;
      assert.equal(
        (await setBinding({ key: '*:443', certificate: named }, {}, http)).after?.store,
        'WebHosting',
      );
    });

    it('refuses a certificate that does not work, before anything is changed', async () => {
      const refused = async (reference: string, reason: RegExp): Promise<void> => {
        await assert.rejects(
          setBinding({ key: 'bar.example:443', certificate: reference }, {}, http),
          (error: Error & { code: string; reasons: string[] }) => {
            assert.equal(error.code, 'ERR_SCHANNEL_BINDING_CERTIFICATE');
            assert.match(error.reasons.join(), reason);
            return true;
          },
        );
      };
      await refused(OLD, /^It is not in LocalMachine\\MY or LocalMachine\\WebHosting\.$/);
      await refused(`CurrentUser\\MY\\${NEW}`, /^It is in CurrentUser\\MY\./);
      http.certify(NEW, { findings: [fault('KEY_MISSING', 'error'), fault('RSA_SHORT', 'warning')] });
      await refused(NEW, /^It has KEY_MISSING\.$/);
      http.certify(NEW, { findings: [fault('KEY_OF_USER', 'warning')] });
      await refused(NEW, /^It has KEY_OF_USER\.$/);
      http.certify(NEW, { isFor: () => false });
      await refused(NEW, /^It is not for bar\.example\.$/);
      assert.deepEqual(http.done, []);
    });

    it('needs a certificate for a new one, and none for a central store', async () => {
      await assert.rejects(setBinding({ key: '*:443' }, {}, http), { code: 'ERR_INVALID_ARG_VALUE' });
      await assert.rejects(setBinding({ key: 'ccs:443', certificate: NEW }, {}, http), {
        code: 'ERR_INVALID_ARG_VALUE',
      });
      const { after } = await setBinding({ key: 'ccs:443' }, {}, http);
      assert.deepEqual([after?.key, after?.thumbprint], ['ccs:443', null]);
    });

    it('leaves bindings of IIS alone unless it is told', async () => {
      http.add('*:443', { appId: iis });
      const settings = { key: '*:443', certificate: NEW };
      await assert.rejects(setBinding(settings, {}, http), { code: 'ERR_SCHANNEL_BINDING_OWNED' });
      await assert.rejects(removeBinding('*:443', {}, http), { code: 'ERR_SCHANNEL_BINDING_OWNED' });
      assert.deepEqual(http.done, []);
      assert.equal((await setBinding(settings, { owned: true }, http)).after?.owner, 'IIS');
    });

    it('changes nothing in a dry run', async () => {
      const { after } = await setBinding({ key: '*:443', certificate: NEW }, { dryRun: true }, http);
      assert.equal(after?.thumbprint, NEW);
      assert.deepEqual(http.done, []);
    });

    it('does not believe Windows without reading back', async () => {
      http.pretends.add('setSslRecord');
      await assert.rejects(setBinding({ key: '*:443', certificate: NEW }, {}, http), {
        code: 'ERR_SCHANNEL_BINDING_UNVERIFIED',
      });
    });

    it('refuses values of the wrong type', async () => {
      const bad: object[] = [
        { clientCertificates: 1 },
        { tls13: 'no' },
        { revocation: 'maybe' },
        { appId: 'bar' },
        { legacyTls: null },
        { appId: 5n },
        { revocation: Symbol('on') },
        { certificate: 5 },
        { key: 443 },
        { key: null },
      ];
      for (const each of bad) {
        const settings = { key: '*:443', certificate: NEW, ...each } as BindingSettings;
        await assert.rejects(
          setBinding(settings, {}, http),
          { code: /^ERR_INVALID_ARG_/ },
          Object.keys(each).join(),
        );
      }
      const notSettings = null as unknown as BindingSettings;
      await assert.rejects(setBinding(notSettings, {}, http), { code: 'ERR_INVALID_ARG_TYPE' });
      assert.deepEqual(http.done, []);
    });

    it('takes nothing but true for a dry run, and false for none', async () => {
      http.add('*:443');
      for (const options of [{ dryRun: 'yes' }, { dryRun: 1 }, { owned: 'no' }, null] as unknown as {
        dryRun: boolean;
      }[]) {
        const wrong = { code: 'ERR_INVALID_ARG_TYPE' };
        await assert.rejects(setBinding({ key: '*:443', http2: false }, options, http), wrong);
        await assert.rejects(removeBinding('*:443', options, http), wrong);
        await assert.rejects(replaceCertificate(OLD, NEW, options, http), wrong);
      }
      assert.deepEqual(http.done, []);
    });

    it('loses no setting if two are made at the same time', async () => {
      http.add('*:443', { flags: 0 });
      await Promise.all([
        setBinding({ key: '*:443', tls13: false }, {}, http),
        setBinding({ key: '*:443', http2: false }, {}, http),
      ]);
      assert.equal(http.records[0]?.flags, 0x50);
    });

    it('overwrites nothing that was changed while the certificate was looked at', async () => {
      const old = http.add('bar.example:443');
      const { examine } = http;
      const system = {
        addon: http.addon,
        now: http.now,
        listenersOn: http.listenersOn,
        examine: (thumbprint: string, store: string) => {
          http.records[0] = { ...old, flags: 9 };
          return examine(thumbprint, store);
        },
      };
      await assert.rejects(setBinding({ key: 'bar.example:443', certificate: NEW }, {}, system), {
        code: 'ERR_SCHANNEL_BINDING_CHANGED',
      });
      assert.deepEqual(http.done, []);
    });
  });

  describe('removeBinding()', () => {
    it('removes, and sees to it', async () => {
      http.add('*:443');
      assert.equal((await removeBinding('*:443', { dryRun: true }, http)).after, null);
      assert.deepEqual(http.done, []);
      assert.equal((await removeBinding('*:443', {}, http)).before?.thumbprint, OLD);
      assert.deepEqual(http.records, []);
      await assert.rejects(removeBinding('*:443', {}, http), { code: 'ERR_SCHANNEL_BINDING_NOT_FOUND' });
    });

    it('removes one whose name others have written in capitals', async () => {
      http.records.push({ ...http.add('bar.example:443'), host: 'WWW.bar.example' });
      assert.equal((await removeBinding('www.bar.example:443', {}, http)).key, 'WWW.bar.example:443');
      assert.deepEqual(
        http.records.map(({ host }) => host),
        ['bar.example'],
      );
    });
  });

  describe('moveBindings()', () => {
    it('moves those of all old certificates, and leaves those of IIS', async () => {
      const THIRD = 'EE'.repeat(20);
      http.add('*:1');
      http.add('*:2', { hash: Buffer.from(THIRD, 'hex') });
      http.add('*:3', { appId: iis });
      http.add('ccs:443');
      const to = `LocalMachine\\MY\\${NEW}`;
      const dry = await moveBindings([OLD, THIRD], to, { dryRun: true }, http);
      assert.deepEqual([dry.changes.length, http.done], [2, []]);
      const { changes, left } = await moveBindings([OLD, THIRD, OLD, NEW], to, {}, http);
      assert.deepEqual(
        [changes, left].map((list) => list.map(({ key }) => key)),
        [['0.0.0.0:1', '0.0.0.0:2'], ['0.0.0.0:3']],
      );
      assert.deepEqual(hashes(), [NEW, NEW, OLD, '']);
      assert.deepEqual((await moveBindings([OLD], to, { owned: true }, http)).left, []);
      assert.deepEqual(hashes(), [NEW, NEW, NEW, '']);
    });

    it('has nothing to do if no binding has an old one', async () => {
      http.add('*:1', { hash: Buffer.from(NEW, 'hex') });
      http.certificates.clear();
      const nothing = { changes: [], left: [] };
      assert.deepEqual(await moveBindings([OLD, NEW], NEW, {}, http), nothing);
      assert.deepEqual(await moveBindings([], NEW, {}, http), nothing);
    });

    it('refuses what names no certificates', async () => {
      for (const from of [null, OLD, [5], ['AB']] as unknown as string[][]) {
        await assert.rejects(moveBindings(from, NEW, {}, http), { code: /^ERR_INVALID_ARG_/ });
      }
      await assert.rejects(moveBindings([OLD], 5 as unknown as string, {}, http), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
      await assert.rejects(moveBindings([OLD], 'www', {}, http), { code: 'ERR_SCHANNEL_STORE_NAME' });
    });
  });

  describe('replaceCertificate()', () => {
    it('changes every binding of the old one, whatever its kind', async () => {
      http.add('*:443');
      http.add('[::]:443', { hash: Buffer.from('EE'.repeat(20), 'hex') });
      http.add('bar.example:443', { checkMode: 2 });
      const changes = await replaceCertificate(OLD, NEW, {}, http);
      assert.deepEqual(
        changes.map(({ key }) => key),
        ['0.0.0.0:443', 'bar.example:443'],
      );
      assert.deepEqual(hashes(), [NEW, 'EE'.repeat(20), NEW]);
      assert.equal(http.records[2]?.checkMode, 2);
    });

    it('needs a certificate for each name', async () => {
      http.add('bar.example:443');
      http.add('other.example:443');
      await assert.rejects(replaceCertificate(OLD, NEW, {}, http), {
        code: 'ERR_SCHANNEL_BINDING_CERTIFICATE',
        reasons: ['It is not for other.example.'],
      });
      assert.deepEqual(http.done, []);
    });

    it('changes all or none', async () => {
      for (const key of ['*:1', '*:2', '*:3']) http.add(key);
      http.refusals.set('updateSslRecord', [0, 0, 87]);
      await assert.rejects(replaceCertificate(OLD, NEW, {}, http), { status: 87 });
      assert.deepEqual(hashes(), [OLD, OLD, OLD]);
    });

    it('does not undo what another program has written meanwhile', async () => {
      for (const key of ['*:1', '*:2']) http.add(key);
      const foreign = 'EE'.repeat(20);
      http.refusals.set('updateSslRecord', [0, 87]);
      http.onChange = (call) => {
        const [first] = http.records;
        if (call !== 'update 0.0.0.0:2' || first === undefined) return;
        http.records[0] = { ...first, hash: Buffer.from(foreign, 'hex') };
      };
      await assert.rejects(replaceCertificate(OLD, NEW, {}, http), {
        code: 'ERR_SCHANNEL_BINDING_LEFTOVERS',
        message: /not as they were: 0\.0\.0\.0:1$/,
      });
      assert.deepEqual(hashes(), [foreign, OLD]);
      assert.deepEqual(http.refusals.get('updateSslRecord'), []);
    });

    it('names what could not be undone', async () => {
      for (const key of ['*:1', '*:2', '*:3']) http.add(key);
      http.refusals.set('updateSslRecord', [0, 0, 87, 5, 0]);
      await assert.rejects(replaceCertificate(OLD, NEW, {}, http), {
        code: 'ERR_SCHANNEL_BINDING_LEFTOVERS',
        message: /not as they were: 0\.0\.0\.0:2$/,
      });
      assert.deepEqual(hashes(), [OLD, NEW, OLD]);
    });

    it('refuses if one of them is of IIS, or if there is none', async () => {
      http.add('*:1');
      http.add('*:2', { appId: iis });
      await assert.rejects(replaceCertificate(OLD, NEW, {}, http), {
        code: 'ERR_SCHANNEL_BINDING_OWNED',
        message: /^IIS has made 0\.0\.0\.0:2,/,
      });
      assert.equal((await replaceCertificate(OLD, NEW, { owned: true, dryRun: true }, http)).length, 2);
      assert.deepEqual(http.done, []);
      await assert.rejects(replaceCertificate(NEW, OLD, {}, http), {
        code: 'ERR_SCHANNEL_BINDING_NOT_FOUND',
      });
      await assert.rejects(replaceCertificate('xy', NEW, {}, http), { code: 'ERR_INVALID_ARG_VALUE' });
    });
  });
});
