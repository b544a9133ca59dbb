import assert from 'node:assert/strict';
import {
  checked,
  DEFAULTS,
  FIELDS,
  parseNames,
  SETTING_NAMES,
  variableOf,
} from '#lib/web/settings/schema.js';

describe('web/settings/schema', () => {
  it('has defaults that are right', () => {
    assert.deepEqual(checked({ ...DEFAULTS }).faults, {});
    assert.equal(DEFAULTS.testing, true);
    assert.equal(DEFAULTS.termsOfServiceAgreed, false);
  });

  const RIGHT: readonly (readonly [string, unknown])[] = [
    [
      'names',
      [['www.bar.example', '*.bar.example', 'bücher.example', '192.0.2.1', '2001:db8::1', 'intranet']],
    ],
    ['directory', 'https://ca.bar.example/acme/directory'],
    ['apiUrl', 'http://127.0.0.1:8080/'],
    ['apiUrl', 'https://acme.bar.example/api'],
    ['address', '::1'],
    ['insecurePort', 0],
    ['dnsimpleAccount', '1010'],
    ['hookArguments', ['-File', 'C:\\scripts\\rdp.ps1', '{CertThumbprint}']],
  ];
  for (const [name, value] of RIGHT) {
    it(`takes ${name}: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(checked({ [name]: value }), { settings: { [name]: value }, faults: {} });
    });
  }

  const WRONG: readonly (readonly [string, unknown])[] = [
    ['names', 'www.bar.example'],
    ['names', [[]]],
    ['names', [['a b.example']]],
    ['names', [['www..example']]],
    ['names', [['a.*.example']]],
    ['names', [['x/../y']]],
    ['names', [['user@bar.example']]],
    ['names', [['www.bar.example:443']]],
    ['names', Array.from({ length: 201 }, () => ['a.example'])],
    ['directory', 'http://ca.bar.example/'],
    ['directory', 'file:///etc/passwd'],
    ['apiUrl', 'http://acme.bar.example/'],
    ['apiUrl', 'http://127.0.0.1.evil.example/'],
    ['apiUrl', 'javascript:alert(1)'],
    // The page shows it, and the file has it as it is.
    ['apiUrl', 'https://anna:secret@acme.bar.example/'],
    ['apiUrl', 'http://anna:secret@127.0.0.1:8080/'],
    ['directory', 'https://anna:secret@ca.bar.example/directory'],
    ['contact', 'anna'],
    ['contact', 'a@b.example?subject=x'],
    ['address', '300.1.1.1'],
    ['securePort', 0],
    ['securePort', 443.5],
    ['securePort', '443'],
    ['testing', 'yes'],
    ['profile', 'a\nb'],
    ['webFolder', 'x'.repeat(3000)],
    ['store', 'LocalMachine\\Root'],
    ['dnsimpleAccount', '1/../2'],
    ['toString', 1],
    ['__proto__', {}],
    ['version', 1],
  ];
  for (const [name, value] of WRONG) {
    it(`refuses ${name}: ${JSON.stringify(value).slice(0, 60)}`, () => {
      const { settings, faults } = checked(
        JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as object as Record<string, unknown>,
      );
      assert.deepEqual(settings, {});
      assert.match(Object.values(faults)[0] ?? '', /^(must|has|is) /);
    });
  }

  it('has a variable for each, and reads it', () => {
    assert.equal(variableOf('securePort'), 'SCHANNEL_SECURE_PORT');
    assert.equal(new Set(SETTING_NAMES.map(variableOf)).size, SETTING_NAMES.length);
    assert.equal(FIELDS.securePort.parse('8443'), 8443);
    assert.equal(FIELDS.testing.parse('TRUE'), true);
    assert.equal(FIELDS.testing.fault(FIELDS.testing.parse('maybe')), 'must be true or false');
  });

  it('reads names as people write them', () => {
    assert.deepEqual(
      parseNames(' www.bar.example,bar.example ; other.example\n\n,third.example fourth.example'),
      [['www.bar.example', 'bar.example'], ['other.example'], ['third.example', 'fourth.example']],
    );
  });
});
