import assert from 'node:assert/strict';
import { readTunnelFile } from '#lib/apps/tunnel/file/read-tunnel-file.js';
import { codes, outcomeLater } from '../outcome.js';

export const what = 'the file of a tunnel: JSON, or stunnel.conf with all that it means';
export const longest = 2048;
export const waits = true;

export const seeds = (): readonly Uint8Array[] => [
  Buffer.from(
    'service = a\ndebug = info\noutput = a.log\n[a]\nclient = yes\naccept = 127.0.0.1:2500\nconnect = mail.example:465\nsni = a.example\nverifyChain = yes\ncheckHost = a.example\nsslVersionMin = TLSv1.2\n',
  ),
  Buffer.from(
    '[b]\naccept = :::443\nconnect = 80\nconnect = 81\nfailover = rr\nprotocol = proxy\nTIMEOUTidle = 100\ncert = CN=a\nverify = 0\noptions = NO_TLSv1.1\n',
  ),
  Buffer.from(
    JSON.stringify({
      services: [
        {
          name: 'a',
          line: 1,
          options: { listen: { host: '127.0.0.1', port: 2500 }, connect: { host: 'a.example', port: 465 } },
        },
      ],
      notices: [],
      process: {},
    }),
  ),
];

const missing = (): Promise<never> => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));

/** It is what it says, or it is refused at a place of the file. */
export async function fuzz(data: Buffer): Promise<void> {
  const files = {
    read: (file: string) => (file === 'tunnel.conf' ? Promise.resolve(data) : missing()),
    list: missing,
  };
  const outcome = await outcomeLater(
    () => readTunnelFile('tunnel.conf', {}, files),
    codes('ERR_SCHANNEL_TUNNEL_CONFIG'),
  );
  if (!('value' in outcome)) return;
  for (const { place, text } of outcome.value.notices) {
    assert.ok(place.line >= 1 && place.column >= 1);
    assert.ok(!/[\p{Cc}]/u.test(text), 'a notice with control characters');
  }
}
