import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { Dialogue, DIALOGUE_LIMITS } from '#lib/adapters/starttls/dialogue.js';
import { readReply, type Reply } from '#lib/adapters/starttls/reply.js';

/** The first reply in these bytes. */
async function replyIn(text: string, replyLines = DIALOGUE_LIMITS.replyLines): Promise<Reply> {
  const [near, far] = duplexPair();
  const limits = { ...DIALOGUE_LIMITS, replyLines };
  const dialogue = new Dialogue(near, { limits, timeout: 5_000, signal: null, onLine: null });
  far.write(text);
  try {
    return await readReply(dialogue, 'the reply');
  } finally {
    dialogue.abandon();
  }
}

describe('adapters/starttls/reply', () => {
  it('reads one line', async () => {
    assert.deepEqual(await replyIn('220 ready\r\n'), { code: 220, lines: ['ready'], text: '220 ready' });
  });

  it('reads several lines', async () => {
    assert.deepEqual(await replyIn('250-mx\r\n250-SIZE 10\r\n250 STARTTLS\r\n'), {
      code: 250,
      lines: ['mx', 'SIZE 10', 'STARTTLS'],
      text: '250-mx\n250-SIZE 10\n250 STARTTLS',
    });
  });

  it('reads a code without text', async () => {
    assert.deepEqual(await replyIn('250\r\n'), { code: 250, lines: [''], text: '250' });
  });

  for (const garbage of [
    'SSH-2.0-OpenSSH_9.2',
    '* OK IMAP ready',
    '+OK POP3',
    '',
    '22 short',
    '2200 long',
    '220_x',
    '199 low',
    '650 high',
    'HTTP/1.1 400 Bad Request',
    '\u0015\u0003\u0003',
  ]) {
    it(`refuses ${JSON.stringify(garbage)}`, async () => {
      await assert.rejects(replyIn(`${garbage}\r\n`), {
        code: 'ERR_SCHANNEL_PEER_STARTTLS_REPLY',
        reply: garbage.replace(/[^ -~]/g, '?'),
      });
    });
  }

  it('refuses a reply whose lines differ in code', async () => {
    await assert.rejects(replyIn('250-mx\r\n220 STARTTLS\r\n'), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_REPLY',
      reply: '250-mx / 220 STARTTLS',
    });
  });

  it('accepts as many lines as the limit and refuses one more', async () => {
    assert.equal((await replyIn('250-1\r\n250-2\r\n250 3\r\n', 3)).lines.length, 3);
    await assert.rejects(replyIn('250-1\r\n250-2\r\n250-3\r\n250 4\r\n', 3), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT',
      message: 'A reply of more than 3 lines arrived as the reply',
    });
  });
});
