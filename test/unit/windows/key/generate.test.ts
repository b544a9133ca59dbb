import assert from 'node:assert/strict';
import { generate, type GenerateKeyOptions } from '#lib/windows/key/generate.js';
import { type KeyCall, ScriptedKey, ScriptedProvider } from '../../../support/scripted-key.js';

const NTE_EXISTS = 0x8009000f;
const NTE_NOT_SUPPORTED = 0x80090029;

const SOFTWARE = 'Microsoft Software Key Storage Provider';

/** What the provider was asked to make. */
async function requestOf(options: GenerateKeyOptions) {
  const stores = new ScriptedProvider(() => new ScriptedKey());
  const key = await generate(stores, options);
  const [call, ...more] = stores.calls;
  assert.deepEqual(more, []);
  assert.ok(call?.call === 'generate');
  assert.deepEqual(key.location, call.request.location);
  return call.request;
}

const keyLocations = (calls: readonly KeyCall[]): string[] =>
  calls.map((call) => (call.call === 'generate' ? call.request.location.provider : call.call));

describe('windows/key/generate', () => {
  it('is RSA with 2048 bits in the software key storage provider, and stays there', async () => {
    const { location, ...request } = await requestOf({});
    assert.deepEqual(request, {
      algorithm: 'RSA',
      bits: 2048,
      exportPolicy: 0,
      silent: false,
      window: 0,
    });
    assert.match(location.container, /^schannel-key-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual(
      { ...location, container: '' },
      { container: '', provider: SOFTWARE, providerType: 0, flags: 0, keySpec: 0 },
    );
  });

  it('has a new name each time', async () => {
    const names = [await requestOf({}), await requestOf({})].map(({ location }) => location.container);
    assert.equal(new Set(names).size, 2);
  });

  for (const [namedCurve, algorithm] of [
    [undefined, 'ECDSA_P256'],
    ['P-384', 'ECDSA_P384'],
    ['P-521', 'ECDSA_P521'],
  ] as const) {
    it(`may be on a curve (${namedCurve ?? 'P-256 by default'})`, async () => {
      const request = await requestOf({ algorithm: 'ec', namedCurve });
      assert.equal(request.algorithm, algorithm);
      assert.equal(request.bits, 0);
    });
  }

  it('may be exportable, of the machine, under a name, in a TPM, and ask before a window', async () => {
    const { location, ...request } = await requestOf({
      exportable: true,
      machine: true,
      name: 'mine',
      provider: 'TPM',
      modulusLength: 3072,
      window: 0x20a4en,
    });
    assert.deepEqual(request, {
      algorithm: 'RSA',
      bits: 3072,
      exportPolicy: 3,
      silent: false,
      window: 0x20a4e,
    });
    assert.deepEqual(location, {
      container: 'mine',
      provider: 'Microsoft Platform Crypto Provider',
      providerType: 0,
      flags: 0x20,
      keySpec: 0,
    });
  });

  it('may be in a CSP, which is known by its name in any case', async () => {
    const { location } = await requestOf({ provider: 'microsoft rsa schannel cryptographic provider' });
    assert.equal(location.providerType, 12);
    assert.equal(location.keySpec, 1);
  });

  it('may be in a CSP or a key storage provider of somebody else', async () => {
    const csp = await requestOf({ provider: 'eToken Base Cryptographic Provider', providerType: 1 });
    assert.deepEqual([csp.location.providerType, csp.location.keySpec], [1, 1]);
    const ksp = await requestOf({ provider: 'eToken Key Storage Provider' });
    assert.deepEqual([ksp.location.providerType, ksp.location.keySpec], [0, 0]);
  });

  it('goes into a CSP where Windows has no CNG', async () => {
    const stores = new ScriptedProvider((call) =>
      call.call === 'generate' && call.request.location.providerType === 0
        ? NTE_NOT_SUPPORTED
        : new ScriptedKey(),
    );
    const key = await generate(stores, {});
    assert.equal(key.location.providerType, 24);
    assert.equal(key.location.keySpec, 1);
    assert.deepEqual(keyLocations(stores.calls), [
      SOFTWARE,
      'Microsoft Enhanced RSA and AES Cryptographic Provider',
    ]);
  });

  it('goes nowhere else when its provider was named, when it is on a curve, or when its name is taken', async () => {
    for (const [options, status, code] of [
      [{ provider: 'software' }, NTE_NOT_SUPPORTED, 'ERR_SCHANNEL_KEY_UNSUPPORTED'],
      [{ algorithm: 'ec' }, NTE_NOT_SUPPORTED, 'ERR_SCHANNEL_KEY_UNSUPPORTED'],
      [{ name: 'mine' }, NTE_EXISTS, 'ERR_SCHANNEL_KEY_EXISTS'],
    ] as const) {
      const stores = new ScriptedProvider(() => status);
      await assert.rejects(generate(stores, options), { code, status });
      assert.deepEqual(keyLocations(stores.calls), [SOFTWARE]);
    }
  });

  it('is not on a curve in a CSP', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey());
    const provider = 'Microsoft Enhanced RSA and AES Cryptographic Provider';
    await assert.rejects(generate(stores, { algorithm: 'ec', provider }), {
      code: 'ERR_SCHANNEL_KEY_UNSUPPORTED',
    });
    assert.deepEqual(stores.calls, []);
  });

  it('is refused with the codes of Node for wrong options', async () => {
    const stores = new ScriptedProvider(() => new ScriptedKey());
    const cases: [unknown, string][] = [
      [{ algorithm: 'dsa' }, 'ERR_INVALID_ARG_VALUE'],
      [{ namedCurve: 'P-192' }, 'ERR_INVALID_ARG_VALUE'],
      [{ modulusLength: 512 }, 'ERR_OUT_OF_RANGE'],
      [{ modulusLength: '2048' }, 'ERR_INVALID_ARG_TYPE'],
      [{ provider: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ provider: '' }, 'ERR_INVALID_ARG_VALUE'],
      [{ providerType: 1.5 }, 'ERR_OUT_OF_RANGE'],
      [{ name: 'a\0b' }, 'ERR_INVALID_ARG_VALUE'],
      [{ machine: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ exportable: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
      [{ silent: 0 }, 'ERR_INVALID_ARG_TYPE'],
      [{ window: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ window: '1' }, 'ERR_INVALID_ARG_TYPE'],
    ];
    for (const [options, code] of cases) {
      await assert.rejects(
        generate(stores, options as GenerateKeyOptions),
        { code },
        JSON.stringify(options),
      );
    }
    assert.deepEqual(stores.calls, []);
  });
});
