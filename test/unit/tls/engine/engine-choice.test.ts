import assert from 'node:assert/strict';
import { DEFAULT_LIMITS } from '#lib/tls/engine/limits.js';
import { Status } from '#lib/tls/engine/status.js';
import { SchannelError } from '#lib/base/errors/schannel-error.js';
import type { NativeCredential } from '#lib/native/binding.js';
import { connectionOf } from '../../../support/connection.js';
import type { HarnessOptions } from '../../../support/engine-harness.js';
import { assertPlays, begin, type Play } from '../../../support/engine-play.js';
import { describeEachMessageForm } from '../../../support/message-forms.js';
import { dataRecord, handshakeRecord } from '../../../support/records.js';
import { expects, type Call } from '../../../support/scripted-session.js';

const { ContinueNeeded, IncompleteCredentials } = Status;
const hello = expects.handshake([], { status: ContinueNeeded, token: 'hello' });
const request = handshakeRecord('certificate request');
const alice: NativeCredential = { supportedProtocols: 0, close: () => undefined };

/** A client whose server has asked for a certificate. */
function asked(next: readonly Call[] = [], options: HarnessOptions = {}): Play {
  const answer = { status: IncompleteCredentials, took: 0, issuers: ['CN=one', 'CN=two'] };
  const play = begin([hello, expects.handshake([request], answer), ...next], { chooses: true, ...options });
  play.completeStep();
  play.feed(request);
  play.completeStep();
  return play;
}

const codeOf = ({ error }: Play): string | null => (error instanceof SchannelError ? error.code : null);

describeEachMessageForm('tls/engine/engine: choice of a client certificate', (messageOf) => {
  afterEach(assertPlays);

  it('tells whom the server accepts, and goes on with the same bytes and what was chosen', () => {
    const play = asked([expects.handshake([request], { token: 'certificate' })]);
    assert.deepEqual(play.takeEffects(), ['write hello', 'choose CN=one,CN=two']);
    assert.deepEqual(play.engine.phase, { name: 'choosing', within: { name: 'handshaking' } });
    play.engine.choose(alice);
    play.completeStep();
    assert.deepEqual(play.session.chosen, [alice]);
    assert.deepEqual(play.takeEffects(), ['write certificate', 'secure']);
  });

  it('goes on with none', () => {
    const play = asked([expects.handshake([request])]);
    play.engine.choose(null);
    play.completeStep();
    assert.deepEqual(play.session.chosen, [null]);
    assert.equal(play.engine.phase.name, 'verifying');
  });

  it('may be answered at once', () => {
    const plays: Play[] = [];
    const choose = (): void => plays[0]?.engine.choose(alice);
    const answer = { status: IncompleteCredentials, took: 0 };
    const script = [hello, expects.handshake([request], answer), expects.handshake([request])];
    const play = begin(script, { chooses: true, within: { choose } });
    plays.push(play);
    play.completeStep();
    play.feed(request);
    play.completeSteps();
    assert.equal(play.engine.phase.name, 'verifying');
  });

  it('tells that Windows does not know whom the server accepts', () => {
    const play = begin([hello, expects.handshake([request], { status: IncompleteCredentials, took: 0 })], {
      chooses: true,
    });
    play.completeStep();
    play.feed(request);
    play.completeStep();
    assert.deepEqual(play.takeEffects(), ['write hello', 'choose of unknown']);
  });

  it('keeps what comes meanwhile, and gives it behind the request', () => {
    const more = handshakeRecord('done');
    const play = asked([expects.handshake([Buffer.concat([request, more])])]);
    play.feed(more.subarray(0, 4));
    play.feed(more.subarray(4));
    assert.equal(play.session.busy, false);
    play.engine.choose(alice);
    play.completeStep();
    assert.equal(play.engine.phase.name, 'verifying');
  });

  it('gives again only what was not taken', () => {
    const server = handshakeRecord('server hello');
    const answer = { status: IncompleteCredentials, took: server.length };
    const play = begin(
      [hello, expects.handshake([Buffer.concat([server, request])], answer), expects.handshake([request])],
      {
        chooses: true,
      },
    );
    play.completeStep();
    play.feed(server, request);
    play.completeStep();
    play.engine.choose(alice);
    play.completeStep();
    assert.equal(play.engine.phase.name, 'verifying');
  });

  it('has the transport paused when enough has come', () => {
    const limits = { ...DEFAULT_LIMITS, pendingInput: request.length + 10 };
    const play = asked([], { limits });
    assert.equal(play.engine.wantsInput, true);
    play.feed(dataRecord('x'.repeat(20)));
    assert.equal(play.engine.wantsInput, false);
  });

  it('fails when the server asks once more', () => {
    const again = { status: IncompleteCredentials, took: 0 };
    const play = asked([expects.handshake([request], again)]);
    play.engine.choose(alice);
    play.completeStep();
    assert.equal(codeOf(play), 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED');
    assert.equal(play.engine.phase.name, 'closed');
  });

  it('fails where nobody chooses', () => {
    const play = asked([], { chooses: false });
    assert.equal(codeOf(play), 'ERR_SCHANNEL_PEER_CLIENT_CERTIFICATE_REQUIRED');
  });

  it('notices that the server has gone, once the choice is made', () => {
    const play = asked([expects.handshake([request], { status: ContinueNeeded })]);
    play.engine.transportEnded();
    assert.equal(play.engine.phase.name, 'choosing');
    play.engine.choose(null);
    play.completeStep();
    assert.equal(codeOf(play), 'ECONNRESET');
  });

  it('may be closed meanwhile', () => {
    const play = asked();
    play.engine.close();
    assert.throws(() => play.engine.choose(alice), { code: 'ERR_SCHANNEL_USAGE_PHASE' });
    assert.deepEqual(play.session.chosen, []);
  });

  it('happens in a renegotiation too, and data goes on after it', () => {
    const renegotiation = dataRecord('hello request');
    const data = dataRecord('data');
    const play = begin(
      [
        hello,
        expects.handshake([handshakeRecord('flight')], { info: connectionOf('1.2') }),
        expects.decrypt(renegotiation, { status: Status.Renegotiate, message: messageOf(renegotiation) }),
        expects.handshake([messageOf(renegotiation)], {
          status: ContinueNeeded,
          token: 'hello again',
        }),
        expects.handshake([request], { status: IncompleteCredentials, took: 0, issuers: [] }),
        expects.handshake([request], { token: 'certificate', info: connectionOf('1.2') }),
        expects.decrypt(data, { plaintext: 'data' }),
      ],
      { chooses: true },
    );
    play.completeStep();
    play.feed(handshakeRecord('flight'));
    play.completeStep();
    play.engine.accept();
    play.feed(renegotiation);
    play.completeStep();
    play.feed(request);
    play.completeStep();
    assert.deepEqual(play.engine.phase, { name: 'choosing', within: { name: 'renegotiating', ours: false } });
    assert.equal(play.engine.canEncrypt, false);
    play.engine.choose(alice);
    play.completeStep();
    play.feed(data);
    play.engine.accept();
    assert.deepEqual(play.takeEffects(), [
      'write hello',
      'secure',
      'writable',
      'renegotiating',
      'write hello again',
      'choose ',
      'write certificate',
      'secure',
      'writable',
      'plaintext data',
    ]);
  });
});
