// An MQTT broker whose certificate comes from the Windows store. Clients show certificates of an authority: each may
// publish below its own name, and hear everything.
//   node broker.mjs mqtt.example LocalMachine\MY 8883 clients-ca.pem
import { readFileSync } from 'node:fs';
import { Aedes } from 'aedes';
import { createServer } from 'schannel';

const [dns, store, address, caFile] = process.argv.slice(2);
const [port, host] = address.split(':').reverse();
const nameOf = ({ conn }) => conn.getPeerCertificate().subject.CN;

const broker = await Aedes.createBroker();
broker.authorizePublish = (client, { topic }, done) => {
  // What the broker publishes itself has no client.
  const isAllowed = client === null || topic.startsWith(`${nameOf(client)}/`);
  done(isAllowed ? null : new Error(`${nameOf(client)} may not publish ${topic}`));
};
broker.on('clientReady', (client) =>
  console.log(`${nameOf(client)} is here by ${client.conn.getProtocol()}`),
);
broker.on('clientError', (client, { message }) => console.error(message));
broker.on('connectionError', (client, { message }) => console.error(message));

const server = createServer(
  {
    certificate: { dns, store },
    ca: readFileSync(caFile),
    requestCert: true,
    rejectUnauthorized: true,
    // The protocol for MQTT on port 443, beside other servers.
    ALPNProtocols: ['mqtt'],
  },
  broker.handle,
);
server.on('tlsClientError', ({ code, message }, { remoteAddress }) => {
  console.error(`${code}: ${message} (${remoteAddress})`);
});
server.listen(Number(port), host, () => console.log(`listens on port ${server.address().port}`));
