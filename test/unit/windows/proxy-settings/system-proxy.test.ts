import assert from 'node:assert/strict';
import type { NativeProxies, NativeProxyAnswer, NativeProxySettings } from '#lib/native/proxy-binding.js';
import { systemProxy, type SystemProxyAnswer } from '#lib/windows/proxy-settings/system-proxy.js';

const NONE: NativeProxySettings = { detects: false, script: null, proxy: null, bypass: null };
const UNFETCHED = { value: null, status: 12167, syscall: 'WinHttpGetProxyForUrlEx' } as const;
const PAC = 'http://pac.example/proxy.pac';

interface Script {
  user?: NativeProxySettings | null | typeof UNFETCHED;
  machine?: NativeProxySettings | typeof UNFETCHED;
  answer?: NativeProxyAnswer | typeof UNFETCHED;
}

/** What Windows is asked is in `asked`. */
function scripted({
  user = NONE,
  machine = NONE,
  answer = UNFETCHED,
}: Script): NativeProxies & { asked: unknown[] } {
  const asked: unknown[] = [];
  const outcome = <Value extends object | null>(
    value: Value | typeof UNFETCHED,
  ): { readonly value: Value } | typeof UNFETCHED =>
    value !== null && 'status' in value ? UNFETCHED : { value };
  return {
    asked,
    userProxySettings: (callback) => callback(outcome<NativeProxySettings | null>(user)),
    machineProxySettings: (callback) => callback(outcome<NativeProxySettings>(machine)),
    proxyForUrl: (url, script, timeout, callback) => {
      asked.push([url, script, timeout]);
      callback(outcome<NativeProxyAnswer>(answer));
    },
  };
}

const find = (
  script: Script,
  host = 'www.example',
  options: { autoDetect?: boolean; port?: number } = {},
): Promise<SystemProxyAnswer> =>
  systemProxy(
    scripted(script),
    { scheme: 'https', host, port: options.port ?? 443 },
    { timeout: 1000, ...options },
  );

const connect = (host: string, port: number): object => ({
  protocol: 'connect',
  host,
  port,
  isSecure: false,
});

describe('windows/proxy-settings/system-proxy', () => {
  it('has the proxy of the settings of the user', async () => {
    assert.deepEqual(await find({ user: { ...NONE, proxy: 'proxy:3128', bypass: '*.local' } }), {
      proxies: [connect('proxy', 3128)],
      source: 'user',
      reason: 'the settings of the user name it',
      problem: null,
    });
  });

  it('leaves out what they leave out, and this machine', async () => {
    const user = { ...NONE, proxy: 'proxy:3128', bypass: '*.local;<local>' };
    for (const host of ['www.local', 'intranet', 'localhost']) {
      const { proxies, source, reason } = await find({ user }, host);
      assert.deepEqual(
        [proxies, source, reason],
        [[null], 'user', 'the settings of the user leave this host out'],
      );
    }
  });

  it('has the settings of the machine for users without any', async () => {
    for (const user of [null, NONE]) {
      const answer = await find({ user, machine: { ...NONE, proxy: 'machine:8080' } });
      assert.deepEqual([answer.proxies, answer.source], [[connect('machine', 8080)], 'machine']);
    }
  });

  it('connects directly without settings', async () => {
    assert.deepEqual(await find({}), {
      proxies: [null],
      source: 'none',
      reason: 'the settings name no proxy',
      problem: null,
    });
  });

  it('asks a script, with no more of the URL than its host', async () => {
    const native = scripted({
      user: { ...NONE, script: PAC, proxy: 'never:1' },
      answer: { entries: null, list: 'a:3128;b:81' },
    });
    const target = { scheme: 'https', host: 'bücher.example', port: 8443 } as const;
    const answer = await systemProxy(native, target, { timeout: 1000 });
    assert.deepEqual(answer.proxies, [connect('a', 3128), connect('b', 81)]);
    assert.equal(answer.source, 'script');
    assert.deepEqual(native.asked, [['https://xn--bcher-kva.example:8443/', PAC, 1000]]);
  });

  it('keeps all entries in their order, and leaves out what can not be used', async () => {
    const entries = [
      { isProxy: true, scheme: 1, host: 'a', port: 3128 },
      { isProxy: true, scheme: 4, host: 's', port: 1080 },
      { isProxy: true, scheme: 2, host: 'b', port: 443 },
      { isProxy: false, scheme: 0, host: '', port: 0 },
    ];
    const user = { ...NONE, script: PAC };
    const { proxies } = await find({ user, answer: { entries, list: null } });
    assert.deepEqual(proxies, [connect('a', 3128), { ...connect('b', 443), isSecure: true }, null]);
    const socks = await find({ user, answer: { entries: entries.slice(1, 2), list: null } });
    assert.deepEqual(socks.proxies, [null]);
    assert.match(socks.reason, /only what can't be used: SOCKS s:1080$/);
  });

  it('takes DIRECT of a script for an answer', async () => {
    const user = { ...NONE, script: PAC, proxy: 'never:1' };
    for (const answer of [
      { entries: null, list: null },
      { entries: [], list: null },
    ]) {
      assert.deepEqual((await find({ user, answer })).proxies, [null]);
    }
  });

  it('passes over a script that can not be fetched, and says so', async () => {
    const answer = await find({ user: { ...NONE, script: PAC, proxy: 'proxy:3128' } });
    assert.deepEqual([answer.proxies, answer.source], [[connect('proxy', 3128)], 'user']);
    assert.match(answer.problem?.message ?? '', /ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT 0x00002f87\]$/);
  });

  it('looks for a script in the network only if it is asked to', async () => {
    const user = { ...NONE, detects: true };
    const { reason } = await find({ user });
    assert.equal(reason, 'the settings name no proxy, and a script is not looked for in the network');
    const native = scripted({ user: { ...user, script: PAC }, answer: { entries: null, list: 'a:1' } });
    const target = { scheme: 'https', host: 'www.example', port: 443 } as const;
    const answer = await systemProxy(native, target, { autoDetect: true, timeout: 1000 });
    assert.equal(answer.source, 'detected');
    assert.deepEqual(native.asked, [['https://www.example/', null, 1000]]);
  });

  it('looks for the one that is named if there is none in the network', async () => {
    const native = scripted({ user: { ...NONE, detects: true, script: PAC } });
    const target = { scheme: 'https', host: 'fd00::1', port: 443 } as const;
    await systemProxy(native, target, { autoDetect: true, timeout: 1000 });
    assert.deepEqual(native.asked, [
      ['https://[fd00::1]/', null, 1000],
      ['https://[fd00::1]/', PAC, 1000],
    ]);
  });

  it('says if there is a proxy, but not for HTTPS', async () => {
    const { proxies, reason } = await find({ user: { ...NONE, proxy: 'http=a:80' } });
    assert.deepEqual(proxies, [null]);
    assert.equal(reason, 'the settings of the user have no proxy for https');
    const socks = await find({ user: { ...NONE, proxy: 'socks=s:1080' } });
    assert.equal(socks.reason, "the settings of the user have only what can't be used: socks=s:1080");
  });

  it('fails if the settings can not be read', async () => {
    const code = 'ERR_SCHANNEL_PROXY_SETTINGS';
    await assert.rejects(find({ user: UNFETCHED }), { code });
    await assert.rejects(find({ machine: UNFETCHED }), { code });
  });
});
