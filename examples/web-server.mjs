// An HTTPS server with a certificate from the Windows store, which may be renewed there while the server runs. With
// an authority as the last argument, only clients with a certificate from it are accepted.
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
