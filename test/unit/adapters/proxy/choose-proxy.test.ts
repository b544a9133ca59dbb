import assert from 'node:assert/strict';
import { chooseProxies, type ChosenProxies, type ProxyOptions } from '#lib/adapters/proxy/choose-proxy.js';
import type { SystemProxyAnswer } from '#lib/windows/proxy-settings/system-proxy.js';

const SYSTEM: SystemProxyAnswer = {
  proxies: [
    { protocol: 'connect', host: 'a', port: 3128, isSecure: false },
    { protocol: 'connect', host: 'fd00::1', port: 443, isSecure: true },
    null,
  ],
  source: 'script',
  reason: 'a script says so',
  problem: null,
};

const choose = (
  options: ProxyOptions<object>,
  env: Record<string, string> = {},
  asked: unknown[] = [],
): Promise<ChosenProxies<object>> =>
  chooseProxies({ host: 'www.example', port: 443 }, options, {
    env,
    system: (target, autoDetect) => {
      asked.push(target, autoDetect);
      return Promise.resolve(SYSTEM);
    },
  });

describe('adapters/proxy/choose-proxy', () => {
  it('asks Windows', async () => {
    const asked: unknown[] = [];
    const { routes, decision } = await choose({ proxy: 'system' }, {}, asked);
    assert.deepEqual(asked, [{ host: 'www.example', port: 443 }, false]);
    assert.deepEqual(routes, [
      { protocol: 'connect', host: 'a', port: 3128 },
      { protocol: 'connect', host: 'fd00::1', port: 443, tls: {} },
      null,
    ]);
    assert.deepEqual(decision.proxies, ['http://a:3128', 'https://[fd00::1]:443', 'direct']);
    assert.equal(decision.source, 'script');
    await choose({ proxy: 'system', proxyAutoDetect: true }, {}, asked);
    assert.equal(asked[3], true);
  });

  it('takes a URL and a step, and shows neither account nor password', async () => {
    const { routes, decision } = await choose({ proxy: 'http://me:secret@proxy:3128' });
    assert.deepEqual(routes, [
      { protocol: 'connect', host: 'proxy', port: 3128, user: 'me', password: 'secret' },
    ]);
    assert.deepEqual(decision.proxies, ['http://proxy:3128']);
    const step = { protocol: 'socks5', host: 'gate', port: 1080 } as const;
    const other = await choose({ proxy: step });
    assert.deepEqual(other.routes, [step]);
    assert.deepEqual(other.decision.proxies, ['socks5://gate:1080']);
  });

  it('leaves out what noProxy has', async () => {
    for (const noProxy of ['.example', ['other', 'www.example']]) {
      const { routes, decision } = await choose({ proxy: 'http://proxy', noProxy });
      assert.deepEqual([routes, decision.source], [[null], 'noProxy']);
    }
  });

  it('reads the variables only if it is asked to', async () => {
    const env = { HTTPS_PROXY: 'proxy:3128', NO_PROXY: '.local' };
    const { routes, decision } = await choose({ proxy: 'environment' }, env);
    assert.deepEqual(routes, [{ protocol: 'connect', host: 'proxy', port: 3128 }]);
    assert.equal(decision.reason, 'HTTPS_PROXY names it');
    const all = await choose({ proxy: 'environment' }, { https_proxy: '', ALL_PROXY: 'socks5://s' });
    assert.deepEqual(all.decision.proxies, ['socks5://s:1080']);
    const excluded = await choose({ proxy: 'environment' }, { ...env, NO_PROXY: 'example' });
    assert.deepEqual(excluded.decision.reason, 'NO_PROXY has this host');
    const none = await choose({ proxy: 'environment' });
    assert.deepEqual(none.routes, [null]);
    const { decision: other } = await choose({ proxy: 'http://proxy' }, { HTTPS_PROXY: 'never' });
    assert.deepEqual(other.proxies, ['http://proxy:80']);
  });

  it('names a variable without an address, and not what it has', async () => {
    await assert.rejects(
      choose({ proxy: 'environment' }, { HTTPS_PROXY: 'http://me:secret@:3128/x' }),
      (error: Error) => {
        assert.equal('code' in error && error.code, 'ERR_SCHANNEL_PROXY_SETTINGS');
        assert.match(error.message, /^HTTPS_PROXY: /);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });

  it('signs in to HTTP proxies, but not as this user to one that the network has named', async () => {
    const auth = 'negotiate';
    const options = { proxy: 'system', proxyAuth: auth } as const;
    const { routes } = await choose(options);
    assert.deepEqual(routes, [
      { protocol: 'connect', host: 'a', port: 3128, auth },
      { protocol: 'connect', host: 'fd00::1', port: 443, tls: {}, auth },
      null,
    ]);
    const target = { host: 'www.example', port: 443 };
    const detected = await chooseProxies(target, options, {
      env: {},
      system: () => Promise.resolve({ ...SYSTEM, source: 'detected' }),
    });
    assert.deepEqual(detected.routes[0], { protocol: 'connect', host: 'a', port: 3128 });
    const own = { protocol: 'connect', host: 'a', port: 1, auth: 'ntlm' } as const;
    assert.deepEqual((await choose({ proxy: own, proxyAuth: auth })).routes, [own]);
    const socks = await choose({ proxy: 'socks5://s', proxyAuth: auth });
    assert.deepEqual(socks.routes, [{ protocol: 'socks5', host: 's', port: 1080 }]);
  });

  it('refuses arguments of wrong types', async () => {
    await assert.rejects(choose({ proxy: 7 as never }), { code: 'ERR_INVALID_ARG_TYPE' });
    await assert.rejects(choose({ proxy: 'http://a', noProxy: 7 as never }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    await assert.rejects(choose({ proxy: 'nonsense' }), { code: 'ERR_INVALID_ARG_VALUE' });
  });
});
