// An HTTPS server whose certificate is in the Windows store, and may be renewed there while it serves. With an
// authority as well, only clients that have a certificate of it are let in.
//   node web-server.mjs www.example LocalMachine\MY 443 [clients-ca.pem]
import { readFileSync } from 'node:fs';
import { createServer } from 'schannel/https';

const [dns, store, address, caFile] = process.argv.slice(2);
const [port, host] = address.split(':').reverse();
const clients = caFile ? { ca: readFileSync(caFile), requestCert: true } : {};

const server = createServer({ certificate: { dns, store }, ...clients }, ({ socket }, response) => {
  const { subject } = socket.getPeerCertificate();
  response.end(`hello ${subject?.CN ?? 'stranger'}`);
});
server.on('certificate', ({ current }) => {
  console.log(`shows ${current.subject}, valid until ${current.validTo.toISOString()}`);
});
server.on('certificateWarning', ({ code, message }) => console.error(`${code}: ${message}`));
server.on('tlsClientError', ({ code, message }, { remoteAddress }) => {
  console.error(`${code}: ${message} (${remoteAddress})`);
});
server.listen(Number(port), host, () => console.log(`listens on port ${server.address().port}`));
