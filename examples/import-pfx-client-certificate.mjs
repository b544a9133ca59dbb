// Imports a PFX into the user's certificate store, and sends its certificate to a server that requests one.
//   SCHANNEL_PASSWORD=… node import-pfx-client-certificate.mjs client.pfx https://intranet.example/ [ca.pem]
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'schannel';
import { importPfx } from 'schannel/store';

const [file, address, caFile] = process.argv.slice(2);
const { hostname: host, port, pathname, search } = new URL(address);
const ca = caFile && readFileSync(caFile);

try {
  const imported = await importPfx(file, { password: process.env.SCHANNEL_PASSWORD });
  const [certificate] = imported.identities;
  // From now on, every program of this user can find it. The reference has the form that curl uses.
  const { reference, subject } = certificate;
  console.log(`${imported.placements[0].action}: ${subject}\n${reference}`);
  imported[Symbol.dispose]();

  const outgoing = request({
    host,
    port: Number(port) || 443,
    path: pathname + search,
    createConnection: () => connect({ host, port: Number(port) || 443, ca, certificate: reference }),
  });
  outgoing.on('response', (incoming) => {
    console.log(`${incoming.statusCode} ${incoming.statusMessage}`);
    incoming.pipe(process.stdout);
  });
  outgoing.on('error', fail);
  outgoing.end();
} catch (error) {
  fail(error);
}

function fail(error) {
  console.error(`${error.code}: ${error.message}`);
  if (error.advice) console.error(error.advice);
  process.exitCode = 1;
}
