/** How many connections a server accepts per second from OpenSSL's s_time, which takes whole seconds. */
import { MeasuredServer } from '../measured-server.mjs';
import { hasProgram, peers } from '../programs.mjs';

/** Of s_time: one connection after another, without resumption. */
const timed = [
  { version: 'TLS 1.2', id: 'tls12', flags: ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-GCM-SHA384'] },
  { version: 'TLS 1.3', id: 'tls13', flags: ['-tls1_3', '-ciphersuites', 'TLS_AES_256_GCM_SHA384'] },
];
/** The least that s_time accepts. */
const timedSeconds = 1;

/** @param {import('../run.mjs').Bench} bench */
export async function run({ identity: { ca, cert, key }, clients, figures, rounds }) {
  if (!(await hasProgram('openssl', 'version'))) return;
  const { startPeer } = await peers();
  for (const { version, id, flags } of timed) {
    const figure = figures.get(`timed.${id}`, `server, s_time over ${version}`, '1/s');
    const entries = clients.map(({ name }) => ({
      name,
      open: () => MeasuredServer.start(name, { cert, key }, ca),
      async measure({ port }) {
        const begin = process.hrtime.bigint();
        const client = await startPeer('openssl', [
          's_time',
          ...['-connect', `127.0.0.1:${port}`, '-new', '-time', String(timedSeconds)],
          ...flags,
        ]);
        await client.exited;
        const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
        // It counts whole seconds, and prints how many there were.
        const [, count] = /(\d+) connections in \d+ real seconds/.exec(client.output()) ?? [];
        if (count === undefined) throw new Error(`s_time failed: ${client.output()}`);
        return Number(count) / seconds;
      },
      close: (server) => server.close(),
    }));
    await rounds(entries, (name, perSecond) => figure.add(name, perSecond));
  }
}
