// A web page that opens a door. To see it takes a client certificate, and to open the door takes the PIN as well. The
// page tells a broker on this machine, whose bridge tells the one at home.
//   DOOR_PIN=… node door-opener.mjs settings.json
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import mqtt from 'mqtt';
import { createServer } from 'schannel/https';
import { createGuard } from './guard.mjs';
import { page } from './page.mjs';

const { host, port, certificate, clients, people, broker, topic } = JSON.parse(readFileSync(process.argv[2]));
const MOST_BYTES = 1024;
/** A door that opens later than that would open for somebody else. */
const EXPIRES_SECONDS = 10;

const guard = createGuard({ pin: process.env.DOOR_PIN, tries: 5, pause: 60_000 });

const server = createServer(
  { certificate, ca: readFileSync(clients), requestCert: true, rejectUnauthorized: true },
  async (request, response) => {
    try {
      const { status, message, who } = await answer(request);
      const nonce = randomBytes(16).toString('base64');
      response.writeHead(status, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; frame-ancestors 'none'`,
      });
      response.end(page({ message, nonce, form: who && { name: who.name, token: guard.tokenFor(who.key) } }));
    } catch (error) {
      console.error(`request: ${error.message}`);
      response.destroy();
    }
  },
);

/** What is said, and to whom the form is shown. */
async function answer(request) {
  const { subject, fingerprint256 } = request.socket.getPeerCertificate();
  const name = subject.CN;
  if (!people.includes(name)) return { status: 403, message: 'Your certificate does not open this door.' };
  const who = { name, key: fingerprint256 };
  if (request.url !== '/') return { status: 404, message: 'There is nothing here.' };
  if (request.method === 'GET') return { status: 200, message: '', who };
  if (request.method !== 'POST') return { status: 405, message: 'A door is opened by POST.' };
  if (!(Number(request.headers['content-length']) <= MOST_BYTES))
    return { status: 413, message: 'That is too long for a PIN.' };

  const form = new URLSearchParams(await text(request));
  const verdict = guard.judge(who.key, form.get('token') ?? '', form.get('pin') ?? '');
  if (verdict === 'stranger')
    return { status: 403, message: 'This form was not made for you. Try again.', who };
  if (verdict === 'waits') return { status: 429, message: 'Too many wrong PINs. Wait a minute.', who };
  if (verdict === 'wrong') return { status: 403, message: 'Wrong PIN.', who };
  try {
    await tell(name);
  } catch (error) {
    console.error(`broker: ${error.message}`);
    return { status: 502, message: 'The broker did not take it.', who };
  }
  console.log(`opened for ${name}`);
  return { status: 200, message: 'The door opens.', who };
}

/** By a separate connection: one that is made again would send again what was not taken, however late it is. */
async function tell(name) {
  const local = await mqtt.connectAsync(broker, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
  });
  try {
    const properties = { messageExpiryInterval: EXPIRES_SECONDS };
    await local.publishAsync(topic, name, { qos: 1, retain: false, properties });
  } finally {
    local.end(true);
  }
}

server.on('tlsClientError', ({ code, message }, { remoteAddress }) => {
  console.error(`${code}: ${message} (${remoteAddress})`);
});
server.listen(port, host, () => console.log(`listens on port ${server.address().port}`));
