import { execFileSync } from 'node:child_process';
import { findProgram } from '../support/paths.mjs';

/**
 * The mail server of the demo: Postfix where it can run, else smtp-server inside this process.
 * @typedef {object} MailServer
 * @property {string} name
 * @property {Record<string, number>} ports by the name of the certificate
 * @property {() => Promise<Buffer>} nextMessage the next one stored
 * @property {() => number} stored how many there are
 * @property {() => Promise<void>} stop
 */

/**
 * @param {Record<string, { cert: string, key: string }>} certificates one listener for each
 * @returns {Promise<MailServer>}
 */
export async function startMailServer(certificates) {
  const reason = whyNoPostfix();
  if (reason === null) return startPostfixServer(certificates);
  return startSmtpServer(certificates, reason);
}

function whyNoPostfix() {
  if (process.platform !== 'linux') return 'Postfix runs on Linux';
  if (findProgram('postfix') === null) return 'Postfix is not installed';
  return process.getuid() === 0 ? null : 'Postfix can only be started by root';
}

async function startPostfixServer(certificates) {
  const { startPostfix } = await import('../postfix/server.mjs');
  const services = Object.entries(certificates).map(([name, pem]) => ({ name, ...pem }));
  const postfix = await startPostfix({ domain: 'demo.example', services });
  const version = execFileSync('postconf', ['-d', '-h', 'mail_version'], { encoding: 'utf8' }).trim();
  return {
    name: `Postfix ${version}`,
    ports: postfix.ports,
    ...collect((callback) => postfix.onMessage(callback)),
    stop: () => postfix.stop(),
  };
}

async function startSmtpServer(certificates, reason) {
  const { SMTPServer } = await import('smtp-server');
  let store = () => undefined;
  const collected = collect((callback) => {
    store = callback;
    return () => undefined;
  });
  const servers = await Promise.all(
    Object.entries(certificates).map(async ([name, { cert, key }]) => {
      const server = new SMTPServer({
        name: 'mail.demo.example',
        logger: false,
        disabledCommands: ['AUTH'],
        disableReverseLookup: true,
        closeTimeout: 100,
        cert,
        key,
        onData: (stream, _session, done) => {
          const chunks = [];
          stream.on('data', (chunk) => chunks.push(chunk));
          stream.on('end', () => {
            store(Buffer.concat(chunks));
            done();
          });
        },
      });
      server.on('error', () => undefined); // a client that refuses the certificate is what the demo is about
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { name, server };
    }),
  );
  return {
    name: `smtp-server, a server in JavaScript (${reason})`,
    ports: Object.fromEntries(servers.map(({ name, server }) => [name, server.server.address().port])),
    ...collected,
    stop: async () => {
      await Promise.all(servers.map(({ server }) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** Messages as they come, to be taken one by one. */
function collect(subscribe) {
  const waiting = [];
  const messages = [];
  let count = 0;
  subscribe((content) => {
    count += 1;
    const taker = waiting.shift();
    if (taker === undefined) messages.push(content);
    else taker(content);
  });
  return {
    stored: () => count,
    nextMessage: () =>
      messages.length > 0
        ? Promise.resolve(messages.shift())
        : new Promise((resolve) => waiting.push(resolve)),
  };
}
