import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { connect, type TLSSocket } from 'schannel';
import { openStore } from 'schannel/store';

interface Secrets {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

const { cert, key, ca } = JSON.parse(fs.readFileSync(process.argv[2] ?? '', 'utf8')) as Secrets;
const server = tls.createServer({ cert, key }, (peer) => peer.end('hello'));
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca });
  socket.once('secureConnect', () => console.log(`${socket.getProtocol()}, ${typeof openStore}`));
  socket.setEncoding('utf8').on('data', (text: string) => console.log(`the server said ${text}`));
  socket.once('close', () => server.close());
});
