import assert from 'node:assert/strict';
import { templateJson } from '#lib/apps/authority/template.js';
import { readXcaTemplate } from '#lib/apps/authority/xca-template.js';
import { sequence } from '#lib/formats/asn1/der-writer.js';

/** As QDataStream writes a QMap of texts, behind a subject without parts. */
function qtMap(settings: Readonly<Record<string, string | null>>): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string | null): Buffer => {
    if (value === null) return number(0xffffffff);
    const bytes = Buffer.from(value, 'utf16le').swap16();
    return Buffer.concat([number(bytes.length), bytes]);
  };
  const entries = Object.entries(settings);
  return Buffer.concat([
    sequence(),
    number(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), text(value)]),
  ]);
}

const SERVER = {
  ...{ ca: '2', validN: '365', validM: '0', keyUse: '23', eKeyUse: 'serverAuth' },
  ...{ subAltName: 'DNS:copycn', nsComment: 'xca certificate', kuCritical: null },
};
const CLIENT = { ...SERVER, eKeyUse: 'critical, clientAuth,msSmartcardLogin', subAltName: 'email:copy' };

describe('apps/authority/xca-template', () => {
  it('takes over days, usages, purposes and kinds of names', () => {
    const { name, days, mostDays, keyUsage, rsaKeyUsage, names, namesRequired, subject } = readXcaTemplate(
      'TLS Server',
      qtMap(SERVER),
    );
    assert.deepEqual(
      { name, days, mostDays, keyUsage, rsaKeyUsage, names, namesRequired, subject },
      {
        ...{ name: 'tls-server', days: 365, mostDays: 825, names: ['dns', 'ip'], namesRequired: true },
        ...{ keyUsage: ['digitalSignature', 'nonRepudiation', 'keyAgreement'], subject: 'first-name' },
        rsaKeyUsage: ['keyEncipherment'],
      },
    );
    const client = templateJson(readXcaTemplate('Client', qtMap(CLIENT)));
    assert.deepEqual(Reflect.get(client, 'extendedKeyUsage'), ['clientAuth', 'smartcardLogon']);
    assert.deepEqual(Reflect.get(client, 'names'), ['email']);
    assert.equal(Reflect.get(client, 'subject'), 'request');
  });

  it('counts months and years, and cuts those of servers', () => {
    const daysOf = (settings: Readonly<Record<string, string | null>>): number =>
      readXcaTemplate('x', qtMap(settings)).days;
    assert.equal(daysOf({ ...CLIENT, validN: '6', validM: '1' }), 180);
    assert.equal(daysOf({ ...CLIENT, validN: '3', validM: '2' }), 1095);
    assert.equal(daysOf({ ...SERVER, validN: '10', validM: '2' }), 825);
  });

  it('makes an authority of one', () => {
    const authority = {
      ...SERVER,
      ca: '1',
      keyUse: '96',
      eKeyUse: '',
      validN: '10',
      validM: '2',
      basicPath: '1',
    };
    const { pathLength, keyUsage, days } = readXcaTemplate('CA', qtMap(authority));
    assert.deepEqual([pathLength, keyUsage, days], [1, ['keyCertSign', 'cRLSign'], 3650]);
  });

  for (const [what, bytes] of [
    ['no bytes', Buffer.alloc(0)],
    ['no settings', qtMap({})],
    ['an unknown purpose', qtMap({ ...SERVER, eKeyUse: 'everything' })],
    ['days that are no number', qtMap({ ...SERVER, validN: 'x' })],
    ['no usage', qtMap({ ...SERVER, keyUse: '' })],
    ['too many settings', Buffer.concat([sequence(), Buffer.from('7fffffff', 'hex')])],
    [
      'a text that is longer than the rest',
      Buffer.concat([sequence(), Buffer.from('00000001fffffff0', 'hex')]),
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readXcaTemplate('x', bytes), { code: 'ERR_SCHANNEL_CA_TEMPLATE' });
    });
  }

  it('refuses every beginning of one', () => {
    const whole = qtMap(SERVER);
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(() => readXcaTemplate('x', whole.subarray(0, length)), {
        code: 'ERR_SCHANNEL_CA_TEMPLATE',
      });
    }
  });
});
