import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { useRig, waitFor } from './support.mjs';

const TEN_MEGABYTES = 10 * 1024 * 1024;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

describe('rig: standard streams', () => {
  const context = useRig();
  const node = (script, options) => context.rig.run(context.node, ['-e', script], options);

  it('takes 10 MB in, unchanged', async () => {
    const bytes = randomBytes(TEN_MEGABYTES);
    const script = `
      const hash = crypto.createHash('sha256');
      process.stdin.on('data', (chunk) => hash.update(chunk)).on('end', () => console.log(hash.digest('hex')));`;
    const { stdout } = await node(script, { stdin: bytes });
    assert.equal(stdout.trim(), sha256(bytes));
  });

  it('gives 10 MB out, unchanged and to the end', async () => {
    const { stdout } = await node(`process.stdout.write('0123456789abcdef'.repeat(${TEN_MEGABYTES / 16}))`);
    assert.equal(sha256(stdout), sha256('0123456789abcdef'.repeat(TEN_MEGABYTES / 16)));
  });

  it('echoes 10 MB with back pressure on both sides', async () => {
    const bytes = randomBytes(TEN_MEGABYTES).toString('hex').slice(0, TEN_MEGABYTES);
    const { stdout } = await node('process.stdin.pipe(process.stdout)', { stdin: bytes });
    assert.equal(sha256(stdout), sha256(bytes));
  });

  it('keeps standard output and standard error apart', async () => {
    const { stdout, stderr } = await node("console.log('to out'); console.error('to err')");
    assert.deepEqual([stdout, stderr], ['to out\n', 'to err\n']);
  });

  it('ends an input that is not given', async () => {
    const { stdout } = await node("process.stdin.resume().on('end', () => console.log('ended'))");
    assert.equal(stdout, 'ended\n');
  });

  it('delivers output while the program runs', async () => {
    const child = context.rig.spawn(context.node, [
      '-e',
      "console.log('first'); process.stdin.once('data', (answer) => { console.log('second ' + answer); process.exit(); })",
    ]);
    await waitFor(child.stdout, /first/);
    const second = waitFor(child.stdout, /second go/);
    child.stdin.write('go');
    await second;
    assert.equal((await child.finished).code, 0);
  });

  it('survives a program that does not read its input', async () => {
    const { code } = await node('process.exit(4)', { stdin: randomBytes(1024 * 1024) });
    assert.equal(code, 4);
  });

  it("adds nothing of Wine's to a failing TLS handshake", async () => {
    const script = `
      const tls = require('node:tls');
      const server = require('node:net').createServer((socket) => socket.end('220 not TLS')).listen(0, '127.0.0.1', () =>
        tls.connect(server.address().port, '127.0.0.1').on('error', () => server.close()));`;
    const { code, stderr } = await node(script);
    assert.deepEqual([code, stderr], [0, '']);
  });
});
