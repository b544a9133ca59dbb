import assert from 'node:assert/strict';
import { diffPolicy } from '#lib/windows/policy/diff-policy.js';
import { LOCAL_SUITES_KEY } from '#lib/windows/policy/keys.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import type { TemplateName } from '#lib/windows/policy/templates.js';
import { defaultSuites } from '#lib/windows/policy/windows-defaults.js';
import {
  ScriptedRegistry,
  scriptedPolicySystem,
  type ScriptedWindows,
} from '../../../support/scripted-policy.js';

// TLS 1.0 to 1.3
const DEFAULT = { client: 0x2a80, server: 0x1540, suites: defaultSuites(22631) ?? [] };

const policyOf = (windows: ScriptedWindows = DEFAULT, registry = new ScriptedRegistry()) =>
  readPolicyOf(scriptedPolicySystem(registry, windows));

describe('windows/policy/diff-policy', () => {
  it('finds nothing in a Windows as it comes', async () => {
    assert.deepEqual(diffPolicy(await policyOf(), 'windows-default'), []);
  });

  it('finds versions, suites and groups that a template has not, and those that are missing', async () => {
    const differences = diffPolicy(await policyOf(), 'mozilla-intermediate');
    assert.deepEqual(
      differences.filter(({ kind }) => kind === 'protocol'),
      (['TLS 1.0', 'TLS 1.1'] as const).flatMap((protocol) =>
        (['client', 'server'] as const).map((role) => ({
          ...{ kind: 'protocol', protocol, role, here: true, there: false },
        })),
      ),
    );
    const suites = differences.flatMap((each) => (each.kind === 'suite' ? [each] : []));
    // CBC and RSA key exchange: 22 suites of which 6 are good.
    assert.equal(suites.filter(({ here }) => here).length, 16);
    assert.deepEqual(
      suites.flatMap(({ name, there }) => (there ? [name] : [])),
      ['TLS_CHACHA20_POLY1305_SHA256'],
    );
    assert.deepEqual(
      differences.filter(({ kind }) => kind === 'group'),
      [{ kind: 'group', name: 'x25519_mlkem768', here: false, there: true }],
    );
  });

  it('has only TLS 1.3 in the modern template', async () => {
    const strict = { client: 0x2000, server: 0x1000, suites: defaultSuites(22631) ?? [] };
    const differences = diffPolicy(await policyOf(strict), 'mozilla-modern');
    assert.deepEqual(
      differences.filter(({ kind }) => kind === 'protocol'),
      [],
    );
  });

  it('compares with another machine, its order included', async () => {
    const [first = '', second = ''] = DEFAULT.suites;
    const here = await policyOf({ ...DEFAULT, suites: [first, second] });
    assert.deepEqual(diffPolicy(here, await policyOf({ ...DEFAULT, suites: [second, first] })), [
      { kind: 'order of suites' },
    ]);
    const there = await policyOf({ ...DEFAULT, server: 0x1000, suites: [first, second] });
    assert.deepEqual(
      diffPolicy(here, there).map(
        (each) => each.kind === 'protocol' && [each.protocol, each.role, each.there],
      ),
      [
        ['TLS 1.0', 'server', false],
        ['TLS 1.1', 'server', false],
        ['TLS 1.2', 'server', false],
      ],
    );
  });

  it('leaves out what a template does not name, and the case of groups', async () => {
    const registry = new ScriptedRegistry().put(LOCAL_SUITES_KEY, 'EccCurves', ['NISTP256', 'curve25519']);
    const policy = await policyOf(DEFAULT, registry);
    assert.deepEqual(diffPolicy(policy, { name: 'x', groups: ['curve25519', 'nistP256'] }), []);
  });

  it('refuses a template that it does not have', async () => {
    const policy = await policyOf();
    assert.throws(() => diffPolicy(policy, 'none' as TemplateName), { code: 'ERR_OUT_OF_RANGE' });
  });
});
