import assert from 'node:assert/strict';
import { HELLO_LIMITS } from '#lib/formats/client-hello/hello-reader.js';
import { HelloIntake } from '#lib/tls/socket/hello-intake.js';
import { chromiumHello, inRecords } from '../../../support/hello-builder.js';

describe('tls/socket/hello-intake', () => {
  const hello = inRecords(chromiumHello('example.com'));

  it('finds the hello, and keeps all that came for the session', async () => {
    const intake = new HelloIntake();
    const behind = Buffer.from('behind');
    intake.pushHello(hello.subarray(0, 7));
    intake.pushHello(hello.subarray(7));
    intake.pushHello(behind);
    const outcome = await intake.outcome;
    assert.ok(outcome.state === 'complete');
    assert.equal(outcome.hello.servername, 'example.com');
    assert.deepEqual(Buffer.from(intake.helloBytes), Buffer.concat([hello, behind]));
  });

  it("copies what comes: the memory is the transport's", () => {
    const intake = new HelloIntake();
    intake.pushHello(hello);
    const chunk = Buffer.from('behind');
    intake.pushHello(chunk);
    chunk.fill(0);
    assert.equal(Buffer.from(intake.helloBytes.subarray(hello.length)).toString(), 'behind');
  });

  it('listens on behind the hello, up to the limit', () => {
    const intake = new HelloIntake();
    intake.pushHello(hello);
    assert.equal(intake.wantsHello, true);
    intake.pushHello(Buffer.alloc(HELLO_LIMITS.helloBytes - hello.length - 1));
    assert.equal(intake.wantsHello, true);
    intake.pushHello(Buffer.alloc(1));
    assert.equal(intake.wantsHello, false);
  });

  it('reports what can be no hello', async () => {
    const intake = new HelloIntake();
    intake.pushHello(Buffer.from('GET / HTTP/1.1\r\n'));
    const outcome = await intake.outcome;
    assert.ok(outcome.state === 'faulty');
    assert.equal(outcome.fault.error.code, 'ERR_SCHANNEL_PEER_NOT_TLS');
  });
});
