import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { Dialogue, DIALOGUE_LIMITS, type DialogueOptions } from '#lib/adapters/starttls/dialogue.js';

const open: Dialogue[] = [];

function dialogueOver(socket: Duplex, options: Partial<DialogueOptions> = {}): Dialogue {
  const dialogue = new Dialogue(socket, {
    limits: DIALOGUE_LIMITS,
    timeout: 5_000,
    signal: null,
    onLine: null,
    ...options,
  });
  open.push(dialogue);
  return dialogue;
}

describe('adapters/starttls/dialogue', () => {
  afterEach(() => {
    for (const dialogue of open.splice(0)) dialogue.abandon();
  });

  it('reads lines that arrive one byte at a time', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    for (const byte of Buffer.from('first\r\nsecond\nthird\r\n')) far.write(Buffer.of(byte));
    assert.equal(await dialogue.readLine('a line'), 'first');
    assert.equal(await dialogue.readLine('a line'), 'second');
    assert.equal(await dialogue.readLine('a line'), 'third');
  });

  it('decodes UTF-8 across chunks and keeps empty lines', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    const bytes = Buffer.from('é\r\n\r\n');
    far.write(bytes.subarray(0, 1));
    far.write(bytes.subarray(1));
    assert.equal(await dialogue.readLine('a line'), 'é');
    assert.equal(await dialogue.readLine('a line'), '');
  });

  it('knows whether something is there that nobody has read', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    assert.equal(dialogue.hasArrived, false);
    far.write('first\r\nsecond\r\n');
    await once(near, 'readable');
    assert.equal(dialogue.hasArrived, true);
    await dialogue.readLine('a line');
    assert.equal(dialogue.hasArrived, true);
    await dialogue.readLine('a line');
    assert.equal(dialogue.hasArrived, false);
  });

  it('reports both directions to the listener', async () => {
    const [near, far] = duplexPair();
    const lines: string[] = [];
    const dialogue = dialogueOver(near, { onLine: (line, direction) => lines.push(`${direction} ${line}`) });
    dialogue.send('HELLO');
    far.write('world\r\n');
    await dialogue.readLine('a line');
    assert.deepEqual(lines, ['sent HELLO', 'received world']);
    assert.equal(String(far.read()), 'HELLO\r\n');
  });

  it('accepts a line of exactly the limit and refuses one byte more', async () => {
    const limits = { ...DIALOGUE_LIMITS, lineLength: 10 };
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near, { limits });
    far.write('123456789\r\n');
    assert.equal(await dialogue.readLine('the greeting'), '123456789');
    far.write('12345678901\r\n');
    await assert.rejects(dialogue.readLine('the greeting'), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT',
      phase: 'starttls',
      message: 'A line of more than 10 bytes arrived as the greeting',
    });
  });

  it('refuses an endless line without waiting for its end', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    far.write(Buffer.alloc(DIALOGUE_LIMITS.lineLength + 1, 0x61));
    await assert.rejects(dialogue.readLine('the greeting'), { code: 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT' });
  });

  it('refuses more bytes than the whole dialogue may have', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near, { limits: { ...DIALOGUE_LIMITS, totalBytes: 20 } });
    far.write('0123456789\r\n');
    await dialogue.readLine('a line');
    far.write('0123456789\r\n');
    await assert.rejects(dialogue.readLine('a line'), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_LIMIT',
      message: 'More than 20 bytes arrived before TLS',
    });
  });

  it('says what was expected when the peer closes the connection', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    far.end('half a li');
    await assert.rejects(dialogue.readLine('the greeting'), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED',
      message: 'The server closed the connection while the greeting was pending',
    });
  });

  it('gives the lines that came before the end', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    far.end('554 no\r\n');
    assert.equal(await dialogue.readLine('the greeting'), '554 no');
    await assert.rejects(dialogue.readLine('more'), { code: 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED' });
  });

  it('passes on an error of the stream unchanged', async () => {
    const [near] = duplexPair();
    const dialogue = dialogueOver(near);
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    near.destroy(refused);
    await assert.rejects(dialogue.readLine('the greeting'), (error) => error === refused);
  });

  it('starts with the failure of a stream that failed before', async () => {
    const [near] = duplexPair();
    const broken = new Error('broken');
    near.on('error', () => undefined).destroy(broken);
    await assert.rejects(dialogueOver(near).readLine('the greeting'), (error) => error === broken);
  });

  it('ends at its time limit', async () => {
    const [near] = duplexPair();
    await assert.rejects(dialogueOver(near, { timeout: 10 }).readLine('the greeting'), {
      code: 'ERR_SCHANNEL_STARTTLS_TIMEOUT',
      message: 'The server did not send the greeting within 10 ms',
    });
  });

  it('gives a server that drips no more time', async () => {
    const [near, far] = duplexPair();
    const limits = { lineLength: Infinity, replyLines: Infinity, totalBytes: Infinity };
    const dialogue = dialogueOver(near, { timeout: 20, limits });
    let isDripping = true;
    const drip = (): void => {
      if (!isDripping) return;
      far.write('x');
      setImmediate(drip);
    };
    drip();
    try {
      await assert.rejects(dialogue.readLine('the greeting'), { code: 'ERR_SCHANNEL_STARTTLS_TIMEOUT' });
    } finally {
      isDripping = false;
    }
  });

  it('ends with an AbortError whose cause is the reason', async () => {
    const [near] = duplexPair();
    const controller = new AbortController();
    const reading = dialogueOver(near, { signal: controller.signal }).readLine('the greeting');
    controller.abort('enough');
    await assert.rejects(reading, { name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' });
  });

  it('sends nothing once it is aborted', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near, { signal: AbortSignal.abort() });
    dialogue.send('HELLO');
    await assert.rejects(dialogue.readLine('a line'), { name: 'AbortError' });
    assert.equal(far.read(), null);
  });

  it('gives the stream back as it was', async () => {
    const [near, far] = duplexPair();
    const before = near.eventNames().length;
    const dialogue = dialogueOver(near);
    far.write('line\r\n');
    await dialogue.readLine('a line');
    assert.equal(dialogue.release(), near);
    assert.equal(near.eventNames().length, before);
    const next = new Promise((resolve) => near.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    far.write('for the next reader');
    assert.equal(await next, 'for the next reader');
  });

  it('refuses to be released over bytes that came in the packet of the last line', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    far.write('line\r\nextra');
    await dialogue.readLine('a line');
    assert.throws(() => dialogue.release(), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
      message: '5 bytes of clear text followed the go-ahead for TLS',
    });
  });

  it('refuses to be released over bytes that came later and were not read', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    far.write('line\r\n');
    await dialogue.readLine('a line');
    far.write('extra');
    await new Promise(setImmediate); // the stream takes them from its source
    assert.throws(() => dialogue.release(), {
      code: 'ERR_SCHANNEL_PEER_STARTTLS_INJECTION',
      message: '5 bytes of clear text followed the go-ahead for TLS',
    });
  });

  it('is released with what has arrived for the next reader', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    far.write('line\r\nextra');
    await dialogue.readLine('a line');
    assert.equal(dialogue.giveBack(), near);
    far.write(' and more');
    await new Promise(setImmediate);
    assert.equal(String(near.read()), 'extra and more');
    const next = dialogueOver(near);
    far.write('another\r\n');
    assert.equal(await next.readLine('a line'), 'another');
    assert.equal(next.giveBack(), near);
  });

  it('keeps what has arrived with the end of the stream', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    const reading = dialogue.readLine('a line');
    far.end('line\r\nextra');
    await reading;
    dialogue.giveBack();
    const chunks = await near.toArray();
    assert.equal(Buffer.concat(chunks as Buffer[]).toString(), 'extra');
  });

  it('does not give back a stream that cannot take it', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    const reading = dialogue.readLine('a line');
    far.end('line\r\nextra');
    await reading;
    await once(near, 'end');
    assert.throws(() => dialogue.giveBack(), { code: 'ERR_SCHANNEL_PEER_STARTTLS_CLOSED' });
  });

  it('reads as much as is measured', async () => {
    const [near, far] = duplexPair();
    const dialogue = dialogueOver(near);
    const seen: string[] = [];
    far.write('3a');
    setImmediate(() => far.write('bcde'));
    const bytes = await dialogue.readMeasured('a message', (arrived) => {
      seen.push(arrived.toString());
      return arrived.length < 4 ? null : 4;
    });
    assert.equal(bytes.toString(), '3abc');
    assert.deepEqual([...new Set(seen)], ['3a', '3abcde']);
    dialogue.giveBack();
  });

  it('shows something else in place of a secret', async () => {
    const [near, far] = duplexPair();
    const lines: string[] = [];
    const dialogue = dialogueOver(near, { onLine: (line) => lines.push(line) });
    dialogue.sendSecret(Buffer.from('geheim'), 'a password');
    await new Promise(setImmediate);
    assert.equal(String(far.read()), 'geheim');
    assert.deepEqual(lines, ['a password']);
  });

  it('overwrites a secret that a socket has sent', async () => {
    const server = net.createServer((socket) => void socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    const dialogue = dialogueOver(socket);
    const secret = Buffer.from('geheim');
    dialogue.sendSecret(secret, 'a password');
    assert.equal((await dialogue.readBytes(6, 'an echo')).toString(), 'geheim');
    assert.deepEqual(secret, Buffer.alloc(6));
    socket.destroy();
    server.close();
  });

  it('fails in the words that it is given', async () => {
    const [near, far] = duplexPair();
    const faults = {
      answeredEarly: (bytes: number) => new Error(`early ${bytes}`),
      closedEarly: (waitingFor: string) => new Error(`closed ${waitingFor}`),
      limitExceeded: (what: string) => new Error(`limit ${what}`),
      timedOut: (waitingFor: string, milliseconds: number) => new Error(`late ${waitingFor} ${milliseconds}`),
    };
    const dialogue = dialogueOver(near, { faults, limits: { ...DIALOGUE_LIMITS, totalBytes: 4 } });
    far.write('abc');
    await new Promise(setImmediate);
    assert.throws(() => dialogue.send('x'), { message: 'early 3' });
    far.write('de');
    await assert.rejects(dialogue.readLine('a line'), {
      message: 'limit More than 4 bytes arrived before TLS',
    });
    const late = dialogueOver(duplexPair()[0], { faults, timeout: 20 });
    await assert.rejects(late.readLine('a line'), { message: 'late a line 20' });
    const [ending, gone] = duplexPair();
    const closed = dialogueOver(ending, { faults });
    gone.end();
    await assert.rejects(closed.readLine('a line'), { message: 'closed a line' });
  });
});
