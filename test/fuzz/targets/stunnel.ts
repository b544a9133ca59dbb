import assert from 'node:assert/strict';
import { readConfiguration } from '#lib/formats/stunnel/read-configuration.js';
import { codes, outcomeLater } from '../outcome.js';

export const what = "stunnel's configuration file";
export const longest = 2048;
export const waits = true;

export const seeds = (): readonly Uint8Array[] => [
  Buffer.from(
    '; a comment\npid =\ndebug = 7\ninclude = conf.d\n[https]\naccept = 443\nconnect = 127.0.0.1:80\ncert = a.pem\nTIMEOUTclose = 0\n',
  ),
  Buffer.from(
    '\ufeff[smtp]\r\nclient = yes\r\naccept = :::25\r\nconnect = mail.example:465\r\nprotocol = smtp\r\nsni = a.example\r\nverifyChain = yes\r\nCAfile = ca.pem\r\n[smtp]\r\n',
  ),
  Buffer.from('options = NO_SSLv3\n[a]\nexec = /bin/cat\nexecArgs = cat "a b" c\nretry = yes\nlocal = 1\n'),
];

const missing = (): Promise<never> => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));

/** It is read, or refused at a line of the file. */
export async function fuzz(data: Buffer): Promise<void> {
  const files = {
    read: (file: string) => (file === 'stunnel.conf' ? Promise.resolve(data) : missing()),
    list: missing,
  };
  const outcome = await outcomeLater(
    () => readConfiguration('stunnel.conf', files),
    codes('ERR_SCHANNEL_TUNNEL_CONFIG'),
  );
  if (!('value' in outcome)) return;
  for (const { name, options } of outcome.value.sections) {
    assert.ok(name.length <= data.length);
    for (const { place } of options) assert.ok(place.line >= 1 && place.column >= 1);
  }
  // A few looks at each character, however the file is made.
  assert.ok(outcome.value.steps <= 8 * data.length + 64, `${String(outcome.value.steps)} steps`);
}
