import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { isSupported } from 'schannel';
import type { Conclusion, ConclusionCode } from '#lib/apps/doctor/connection/conclusion.js';
import type { ConnectionDiagnosis } from '#lib/apps/doctor/connection/diagnosis.js';
import { run } from '#lib/cli/program.js';
import { TestAuthority } from '../../../support/certificates.js';
import { capturedIO, type CapturedIO } from '../../../support/captured-io.js';
import { commandLibrary } from '../../../support/command-library.js';
import { freePort } from '../../../support/free-port.js';
import { skip } from '../../../support/skip.js';

const conclusion = (code: ConclusionCode, verdict: Conclusion['verdict']): Conclusion => ({
  ...{ code, verdict },
  ...{ text: `Text of ${code}.`, meaning: 'It means this.', remedy: 'Do that.' },
});

const diagnosis = (more: Partial<ConnectionDiagnosis> = {}): ConnectionDiagnosis => ({
  ...{ format: 'schannel-doctor-connection/1', time: '2030-01-01T00:00:00.000Z', ok: true, cause: null },
  target: { host: 'www.example', port: 443, servername: 'www.example', starttls: null },
  conclusions: [conclusion('REACHED', 'works')],
  machine: { release: 'Windows 11 23H2', wine: null },
  ...{ connection: null, settings: [], authorities: null, certificates: null, proxies: [] },
  ...more,
});

type Asked = Parameters<ReturnType<typeof commandLibrary>['doctor']['diagnoseConnection']>;

async function doctor(
  args: readonly string[],
  answer: ConnectionDiagnosis | null = diagnosis(),
): Promise<CapturedIO & { readonly code: number; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const io = capturedIO();
  const scripted = {
    diagnoseConnection: (...call: Asked) => {
      asked.push(call);
      return answer === null ? Promise.reject(new Error('none')) : Promise.resolve(answer);
    },
  };
  const library = { ...commandLibrary(), ...(answer === null ? {} : { doctor: scripted }) };
  return { ...io, asked, code: await run(['doctor', ...args], '1', library, io) };
}

describe('cli/commands/doctor-connect', () => {
  it('passes on what was asked', async () => {
    const line =
      '--connect mail.example:25 --starttls smtp --servername mx.example --max-version TLSv1.2 --timeout 9';
    const { code, asked } = await doctor(line.split(' '));
    const [target, options] = asked[0] ?? [];
    assert.equal(code, 0);
    assert.deepEqual(target, { host: 'mail.example', port: 25, starttls: 'smtp', servername: 'mx.example' });
    assert.deepEqual(
      [options?.maxVersion, options?.timeout, options?.certificate],
      ['TLSv1.2', 9000, undefined],
    );
  });

  it('says first what works and what does not, then what was found', async () => {
    const { code, output } = await doctor(
      ['--connect', 'www.example:443'],
      diagnosis({
        ...{ ok: false, cause: 'NO_COMMON_VERSION' },
        conclusions: [conclusion('REACHED', 'works'), conclusion('NO_COMMON_VERSION', 'fails')],
        settings: [
          {
            subject: 'TLS 1.3',
            kind: 'version',
            here: 'no',
            there: true,
            rule: 'build',
            why: 'It has none.',
          },
        ],
        certificates: [
          {
            ...{ subject: 'CN=\u001banna', thumbprint: 'A1', store: 'CurrentUser\\MY', validTo: '' },
            ...{ accepted: false, problems: [] },
          },
        ],
      }),
    );
    assert.equal(code, 4);
    assert.equal(
      output(),
      [
        'www.example:443, from Windows 11 23H2',
        '',
        'What works',
        '  Text of REACHED.',
        '    It means this.',
        '',
        'What does not work',
        '  Text of NO_COMMON_VERSION.',
        '    code   NO_COMMON_VERSION',
        '    means  It means this.',
        '    to do  Do that.',
        '',
        'Versions and suites  here  server  why',
        '  TLS 1.3            no    yes     It has none.',
        '',
        'Certificates of this account and this machine',
        '  CN=?anna  cannot be sent',
        '    CurrentUser\\MY\\A1',
        '    The server does not accept its issuer.',
        '',
      ].join('\n'),
    );
  });

  for (const [cause, code] of [
    ['HOST_UNREACHABLE', 3],
    ['NOT_TLS', 4],
    ['CLIENT_CERTIFICATE_NONE', 4],
    ['CHAIN_UNTRUSTED', 6],
    ['CLIENT_CERTIFICATE_UNUSABLE', 1],
  ] as const) {
    it(`ends with ${code} for ${cause}`, async () => {
      const answer = diagnosis({ ok: false, cause, conclusions: [conclusion(cause, 'fails')] });
      const outcome = await doctor(['--connect', 'www.example:443', '--json'], answer);
      assert.equal(outcome.code, code);
      assert.deepEqual(JSON.parse(outcome.output()), answer);
    });
  }

  it('ends with 9 if nothing is wrong as far as it could be tried', async () => {
    const conclusions = [conclusion('SCHANNEL_ABSENT', 'note')];
    assert.equal((await doctor(['--connect', 'www.example:443'], diagnosis({ conclusions }))).code, 9);
  });

  for (const [line, message] of [
    ['--servername x', /--servername needs --connect/],
    ['--min-version TLSv1.2', /--min-version needs --connect/],
    ['--connect x:1 --min-version TLSv1.1', /--min-version must be one of TLSv1\.2, TLSv1\.3, not TLSv1\.1/],
    ['--connect x:1 --starttls gopher', /--starttls must be one of smtp/],
    ['--connect x:1 --timeout 0', /--timeout: It must be a whole number/],
    ['--write --connect x:1', /exclude each other/],
  ] as const) {
    it(`refuses ${line}`, async () => {
      const { code, errors } = await doctor(line.split(' '));
      assert.equal(code, 2);
      assert.match(errors(), message);
    });
  }

  describe('for real, without Schannel', () => {
    before(function () {
      if (isSupported) skip(this, 'here is Schannel');
    });

    it('says what the server accepts, and that the rest needs Windows', async () => {
      const { cert, key } = await (await TestAuthority.create('CN=Asked')).issue();
      const server = tls.createServer({ cert, key, requestCert: true, rejectUnauthorized: true });
      server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const { code, output, errors } = await doctor(['--connect', `127.0.0.1:${port}`], null);
      server.close();
      assert.equal(code, 9, errors());
      assert.match(output(), /It speaks TLSv1\.3, TLSv1\.2\.\n/);
      assert.match(output(), /code {3}CLIENT_CERTIFICATE_OPTIONAL\n/);
      assert.match(output(), /code {3}SCHANNEL_ABSENT\n/);
    });

    it('says that nothing listens', async () => {
      const { code, output } = await doctor(['--connect', `127.0.0.1:${await freePort()}`], null);
      assert.equal(code, 3);
      assert.match(output(), /code {3}HOST_UNREACHABLE\n/);
    });
  });
});
