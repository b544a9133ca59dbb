import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  BINDING_FLAGS,
  bindingOf,
  guidBytes,
  withFlag,
  withRevocation,
} from '#lib/windows/binding/binding.js';
import { FLAG_MEANINGS, flagMeaning } from '#lib/windows/binding/flag-meanings.js';
import { IIS, OLD, ScriptedHttp } from '../../../support/scripted-http.js';

describe('windows/binding/binding', () => {
  const http = new ScriptedHttp();

  it('says in words what a record has', () => {
    assert.deepEqual(bindingOf(http.add('bar.example:443')), {
      key: 'bar.example:443',
      kind: 'host',
      address: null,
      host: 'bar.example',
      port: 443,
      thumbprint: OLD,
      store: 'MY',
      appId: '{11111111-2222-3333-4444-555555555555}',
      owner: null,
      revocation: 'on',
      usageCheck: false,
      freshnessTime: 3600,
      retrievalTimeout: 5000,
      ctlIdentifier: 'list',
      ctlStore: 'ClientAuthIssuer',
      clientCertificates: true,
      flags: ['NEGOTIATE_CLIENT_CERT', '0x80000000'],
      flagBits: 0x80000002,
      checkMode: 0x10004,
    });
  });

  it('knows IIS by its application', () => {
    const appId = guidBytes(IIS) ?? new Uint8Array();
    assert.equal(Buffer.from(appId).toString('hex'), '81e1c34d4be1214ab02259fc669b0914');
    const { owner, appId: text } = bindingOf(http.add('0.0.0.0:443', { appId }));
    assert.deepEqual([owner, text], ['IIS', IIS]);
  });

  it('takes no bit for checked, and the first for unchecked', () => {
    const rows = [
      [0, 'on', true, null],
      [1, 'off', true, null],
      [2, 'cached', true, null],
      [3, 'off', true, null],
      [4, 'on', true, 3600],
      [0x10000, 'on', false, null],
      [0x10007, 'off', false, 3600],
    ] as const;
    for (const [checkMode, revocation, usageCheck, freshnessTime] of rows) {
      const binding = bindingOf(http.add('*:443', { checkMode }));
      const { revocation: mode, usageCheck: usage, freshnessTime: time } = binding;
      assert.deepEqual([mode, usage, time], [revocation, usageCheck, freshnessTime], String(checkMode));
    }
  });

  it('changes one thing, and keeps all other bits', () => {
    assert.equal(withRevocation(0x80010007, 'on'), 0x80010004);
    assert.equal(withRevocation(0x80010004, 'off'), 0x80010005);
    assert.equal(withRevocation(0x80010005, 'cached'), 0x80010006);
    assert.equal(withFlag(0x80000002, 'DISABLE_TLS13', true), 0x80000042);
    assert.equal(withFlag(0x80000042, 'NEGOTIATE_CLIENT_CERT', false), 0x80000040);
  });

  it('has all that netsh shows', () => {
    // The labels of an English Windows, with invented values.
    const listing = `
    IP:port                      : 0.0.0.0:443
    Certificate Hash             : abababababababababababababababababababab
    Application ID               : {11111111-2222-3333-4444-555555555555}
    Certificate Store Name       : MY
    Verify Client Certificate Revocation : Disabled
    Verify Revocation Using Cached Client Certificate Only : Disabled
    Usage Check                  : Disabled
    Revocation Freshness Time    : 3600
    URL Retrieval Timeout        : 5000
    Ctl Identifier               : list
    Ctl Store Name               : ClientAuthIssuer
    DS Mapper Usage              : Disabled
    Negotiate Client Certificate : Enabled
    Reject Connections           : Disabled
    Disable HTTP2                : Set
    Disable QUIC                 : Not Set
    Disable TLS1.2               : Not Set
    Disable TLS1.3               : Set
    Disable OCSP Stapling        : Not Set
    Enable Token Binding         : Not Set
    Log Extended Events          : Not Set
    Disable Legacy TLS Versions  : Set
    Enable Session Ticket        : Not Set
`;
    const binding = bindingOf(http.add('*:443', { checkMode: 0x10005, flags: 0x452 }));
    const shown = [...listing.matchAll(/^ {4}(.*?) +: (.*)$/gm)].map(([, label = '', value = '']) => [
      label,
      /^(Enabled|Set)$/.test(value) ? true : /^(Disabled|Not Set)$/.test(value) ? false : value,
    ]);
    const named = Object.entries(FLAG_MEANINGS).flatMap(([name, { netsh }]): [string, boolean][] =>
      netsh === null ? [] : [[netsh, binding.flags.includes(name)]],
    );
    const ours = new Map<string, unknown>([
      ['IP:port', binding.key],
      ['Certificate Hash', binding.thumbprint?.toLowerCase()],
      ['Application ID', binding.appId],
      ['Certificate Store Name', binding.store],
      ['Verify Client Certificate Revocation', binding.revocation !== 'off'],
      ['Verify Revocation Using Cached Client Certificate Only', binding.revocation === 'cached'],
      ['Usage Check', binding.usageCheck],
      ['Revocation Freshness Time', String(binding.freshnessTime)],
      ['URL Retrieval Timeout', String(binding.retrievalTimeout)],
      ['Ctl Identifier', binding.ctlIdentifier],
      ['Ctl Store Name', binding.ctlStore],
      ...named,
    ]);
    assert.deepEqual(
      shown,
      shown.map(([label = '']) => [label, ours.get(String(label))]),
    );
    assert.equal(shown.length, ours.size);
    // The page has the same labels, and a word for each flag.
    const page = readFileSync('docs/binding.md', 'utf8');
    for (const label of ours.keys()) assert.ok(page.includes(label), label);
    for (const [name, { meaning }] of Object.entries(FLAG_MEANINGS)) {
      assert.ok(page.includes(`| \`${name}\` | `) && page.includes(` | ${meaning} |`), name);
    }
  });

  it('has a word for each flag, and none for others', () => {
    assert.deepEqual(Object.keys(FLAG_MEANINGS), Object.keys(BINDING_FLAGS));
    for (const name of ['0x80000000', 'toString', '__proto__']) assert.equal(flagMeaning(name), null);
  });

  it('has no certificate in a central store, and refuses what is no GUID', () => {
    assert.equal(bindingOf(http.add('ccs:443')).thumbprint, null);
    assert.equal(guidBytes('4dc3e181'), null);
    assert.equal(guidBytes(`${IIS}x`), null);
  });
});
