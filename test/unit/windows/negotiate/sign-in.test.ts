import assert from 'node:assert/strict';
import type { NativeSignInRequest, NativeSignIns, NativeSignInStep } from '#lib/native/sign-in-binding.js';
import { type SignIn, type SignInRequest, startSignIn } from '#lib/windows/negotiate/sign-in.js';

const MUTUAL = 2;
const GOES_ON = 0x0009_0312;

const step = (
  status: number,
  token: string | null,
  more: Partial<NativeSignInStep> = {},
): NativeSignInStep => ({
  status,
  syscall: 'InitializeSecurityContextW',
  token: token === null ? null : Buffer.from(token),
  attributes: 0,
  mechanism: null,
  ...more,
});

interface Scripted {
  readonly signIn: SignIn;
  readonly requests: (NativeSignInRequest & { readonly secret: string })[];
  /** What was given for a password, which may have been overwritten since. */
  readonly passwords: Uint8Array[];
  readonly heard: (string | null)[];
}

function scripted(steps: readonly NativeSignInStep[], more: Partial<SignInRequest> = {}): Scripted {
  const remaining = [...steps];
  const requests: Scripted['requests'] = [];
  const passwords: Uint8Array[] = [];
  const heard: (string | null)[] = [];
  const native: NativeSignIns = {
    createSignIn: (request) => {
      const password = request.account?.password ?? new Uint8Array();
      requests.push({ ...request, secret: Buffer.from(password).toString('utf16le') });
      passwords.push(password);
      return {
        next: (token, callback) => {
          heard.push(token === null ? null : Buffer.from(token).toString());
          const next = remaining.shift();
          assert.ok(next !== undefined, 'one step too many');
          callback(next);
        },
        close: () => undefined,
      };
    },
  };
  const signIn = startSignIn(native, { scheme: 'negotiate', host: 'proxy.example', ...more });
  return { signIn, requests, passwords, heard };
}

describe('windows/negotiate/sign-in', () => {
  it('asks Windows for the service of the host', async () => {
    const { signIn, requests } = scripted([step(0, 'ticket', { mechanism: 'Kerberos' })]);
    assert.equal(String(await signIn.next(null)), 'ticket');
    assert.equal(signIn.mechanism, 'Kerberos');
    const [{ package: name, targetName, requestFlags, account, channelBinding } = {} as NativeSignInRequest] =
      requests;
    assert.deepEqual(
      [name, targetName, requestFlags, account, channelBinding],
      ['Negotiate', 'HTTP/proxy.example', 0x800, null, null],
    );
  });

  it('hands on an account, and overwrites its password', () => {
    for (const [given, user, domain] of [
      ['COMPANY\\anna', 'anna', 'COMPANY'],
      ['anna@company.example', 'anna@company.example', ''],
      ['anna', 'anna', ''],
    ] as const) {
      const { requests, passwords } = scripted([], {
        scheme: 'ntlm',
        account: { user: given, password: 'geheim' },
      });
      assert.deepEqual([requests[0]?.package, requests[0]?.secret], ['NTLM', 'geheim']);
      assert.deepEqual([requests[0]?.account?.user, requests[0]?.account?.domain], [user, domain]);
      assert.ok(passwords[0]?.length === 12 && passwords[0].every((byte) => byte === 0));
    }
  });

  it('goes through the legs of NTLM', async () => {
    const { signIn, heard } = scripted([step(GOES_ON, 'one'), step(0, 'three')]);
    assert.equal(String(await signIn.next(null)), 'one');
    assert.equal(String(await signIn.next(Buffer.from('two'))), 'three');
    await signIn.finish(null);
    assert.deepEqual(heard, [null, 'two']);
    await assert.rejects(signIn.next(Buffer.from('four')), { code: 'ERR_SCHANNEL_PEER_SIGN_IN' });
  });

  it('checks the last token', async () => {
    const { signIn, heard } = scripted([step(GOES_ON, 'ticket'), step(0, null)]);
    await signIn.next(null);
    await signIn.finish(Buffer.from('proof'));
    assert.deepEqual(heard, [null, 'proof']);
    const wrong = scripted([step(GOES_ON, 'ticket'), step(0x80090322, null)]);
    await wrong.signIn.next(null);
    await assert.rejects(wrong.signIn.finish(Buffer.from('proof')), {
      code: 'ERR_SCHANNEL_PEER_SIGN_IN',
      status: 0x80090322,
    });
  });

  it('takes no acceptance of what was not complete', async () => {
    for (const last of [step(GOES_ON, null), step(0, 'more')]) {
      const { signIn } = scripted([step(GOES_ON, 'one'), last]);
      await signIn.next(null);
      await assert.rejects(signIn.finish(Buffer.from('two')), { code: 'ERR_SCHANNEL_PEER_SIGN_IN' });
    }
  });

  it('leaves out a last token that Windows has no use for', async () => {
    const { signIn } = scripted([step(0, 'ticket')]);
    await signIn.next(null);
    await signIn.finish(Buffer.from('accepted'));
  });

  it('has the other side prove who it is if that is asked for', async () => {
    const proven = scripted([step(GOES_ON, 'ticket'), step(0, null, { attributes: MUTUAL })], {
      mutual: true,
    });
    assert.equal(proven.requests[0]?.requestFlags, 0x802);
    await proven.signIn.next(null);
    await proven.signIn.finish(Buffer.from('proof'));
    const code = 'ERR_SCHANNEL_PEER_SIGN_IN';
    for (const [steps, last] of [
      [[step(GOES_ON, 'ticket', { attributes: MUTUAL })], null],
      [[step(0, 'NTLM')], null],
      [[step(GOES_ON, 'ticket'), step(0, null)], Buffer.from('proof')],
    ] as const) {
      const { signIn } = scripted(steps, { mutual: true });
      await signIn.next(null);
      await assert.rejects(signIn.finish(last), { code });
    }
  });

  for (const [status, message] of [
    [0x80090303, /The domain has no service of this name \[.*SEC_E_TARGET_UNKNOWN/],
    [0x80090305, /no package/],
    [0x8009030e, /There is no account/],
    [0x80090311, /No domain controller/],
    [0x80091234, /Windows gives no reason/],
  ] as const) {
    it(`says what 0x${status.toString(16)} means`, async () => {
      const { signIn } = scripted([step(status, null)]);
      await assert.rejects(signIn.next(null), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), 'ERR_SCHANNEL_SIGN_IN_FAILURE');
        assert.equal(Reflect.get(error, 'status'), status);
        assert.match(error.message, /^The sign-in to HTTP\/proxy\.example failed: /);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('refuses hosts that are none, and other schemes', () => {
    for (const more of [{ host: '' }, { host: 'a/b' }, { host: 'a\nb' }, { scheme: 'basic' as never }]) {
      assert.throws(() => scripted([], more), { code: 'ERR_INVALID_ARG_VALUE' });
    }
    assert.throws(() => scripted([], { host: 7 as never }), { code: 'ERR_INVALID_ARG_TYPE' });
  });
});
