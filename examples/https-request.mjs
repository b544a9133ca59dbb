// An HTTPS request. Windows verifies the server and checks revocation.
//   node https-request.mjs https://intranet.example/ [ca.pem]
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'schannel';

const [address, caFile] = process.argv.slice(2);
const { hostname: host, port, pathname, search } = new URL(address);
const ca = caFile && readFileSync(caFile);

const outgoing = request({
  host,
  path: pathname + search,
  createConnection: () => connect({ host, port: Number(port) || 443, ca, revocation: 'soft' }),
});
outgoing.on('response', (incoming) => {
  const { socket } = incoming;
  const anchors = socket.verification.anchors === 'windows' ? 'Windows' : caFile;
  console.log(`${socket.getProtocol()}, trusted by ${anchors}, revocation ${socket.verification.revocation}`);
  console.log(`${incoming.statusCode} ${incoming.statusMessage}`);
  incoming.pipe(process.stdout);
});
outgoing.on('error', (error) => {
  console.error(`${error.code}: ${error.message}`);
  if (error.advice) console.error(error.advice);
  process.exitCode = 1;
});
outgoing.end();
