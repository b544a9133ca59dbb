import assert from 'node:assert/strict';
import { checkTemplate, parseTemplate, TEMPLATES, templateJson } from '#lib/apps/authority/template.js';

const SERVER = { name: 'x', extendedKeyUsage: ['serverAuth'], names: ['dns'], namesRequired: true };

describe('apps/authority/template', () => {
  for (const template of TEMPLATES.values()) {
    it(`reads what it prints (${template.name})`, () => {
      assert.deepEqual(parseTemplate(JSON.stringify(templateJson(template))), template);
    });
  }

  it('gives a small template careful defaults', () => {
    const template = checkTemplate({ name: 'small' });
    assert.equal(template.pathLength, null);
    assert.deepEqual(template.keyUsage, ['digitalSignature']);
    assert.deepEqual(template.names, []);
    assert.equal(template.days, 397);
  });

  it('takes purposes by name or identifier, each once', () => {
    const { extendedKeyUsage } = checkTemplate({
      name: 'x',
      extendedKeyUsage: ['clientAuth', '1.3.6.1.5.5.7.3.2'],
    });
    assert.deepEqual(extendedKeyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  for (const [what, value, message] of [
    ['no object', [], /is not an object/],
    ['no name', {}, /needs a name/],
    ['a name that is a path', { name: '../x' }, /needs a name/],
    ['an unknown property', { name: 'x', day: 5 }, /unknown property "day"/],
    ['the property of a prototype', { name: 'x', constructor: 5 }, /unknown property "constructor"/],
    ['days that are no number', { name: 'x', days: '5' }, /needs days/],
    ['more days than it allows', { name: 'x', days: 900 }, /more days than it allows/],
    ['too many days', { name: 'x', mostDays: 10_000 }, /needs mostDays from 1 to 9125/],
    ['an unknown key usage', { name: 'x', keyUsage: ['everything'] }, /needs a list of these for keyUsage/],
    ['the name of a device of Windows', { name: 'nul' }, /device/],
    ['an unknown purpose', { name: 'x', extendedKeyUsage: ['everything'] }, /extendedKeyUsage/],
    [
      'a list that is too long',
      { name: 'x', extendedKeyUsage: Array.from({ length: 17 }, () => '1.2.3') },
      /extendedKeyUsage/,
    ],
    ['the rights of an authority', { name: 'x', keyUsage: ['keyCertSign'] }, /but no pathLength/],
    ['the lists of an authority', { name: 'x', rsaKeyUsage: ['cRLSign'] }, /but no pathLength/],
    ['an authority that may not sign', { name: 'x', pathLength: 0 }, /lacks keyCertSign/],
    ['no key usage', { name: 'x', keyUsage: [] }, /allows its keys nothing/],
    [
      'names that are required and not allowed',
      { name: 'x', namesRequired: true },
      /requires names, but allows none/,
    ],
    ['servers without names', { ...SERVER, namesRequired: false }, /is for servers/],
    [
      'servers for longer than Apple allows',
      { ...SERVER, mostDays: 826 },
      /Apple's systems refuse more than 825/,
    ],
    ['no kind of key', { name: 'x', leastRsaBits: null, curves: [] }, /allows no kind of key/],
    ['short keys', { name: 'x', leastRsaBits: 1024 }, /leastRsaBits from 2048/],
    ['a subject from nowhere', { name: 'x', subject: 'first-name' }, /takes its subject from names/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => checkTemplate(value),
        (error: Error) => {
          assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_CA_TEMPLATE');
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('refuses what is no JSON, and what is too long', () => {
    for (const text of ['', '{', `"${'x'.repeat(70_000)}"`, '['.repeat(30_000)]) {
      assert.throws(() => parseTemplate(text), { code: 'ERR_SCHANNEL_CA_TEMPLATE' });
    }
  });
});
