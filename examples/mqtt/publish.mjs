// Publishes one message with a certificate of the Windows store, whose key stays where it is.
//   node publish.mjs mqtts://mqtt.example CurrentUser\MY\THUMBPRINT anna/door open [ca.pem]
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connectAsync } from 'schannel/mqtt';

const [url, certificate, topic, message, ca] = process.argv.slice(2);
const trust = ca ? { ca: readFileSync(ca) } : {};
const client = await connectAsync(url, {
  certificate,
  ...trust,
  ALPNProtocols: ['mqtt'],
  reconnectPeriod: 0,
});
/** MQTT 3 has no other answer to what a client may not do. */
const refused = once(client, 'close').then(() => Promise.reject(new Error('The broker has hung up.')));
try {
  await Promise.race([client.publishAsync(topic, message, { qos: 1 }), refused]);
  console.log(`${topic}: ${message}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  refused.catch(() => {});
  client.end();
}
