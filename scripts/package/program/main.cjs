const fs = require('node:fs');
const tls = require('node:tls');
const { connect } = require('schannel');
const { openStore } = require('schannel/store');

const { cert, key, ca } = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const server = tls.createServer({ cert, key }, (peer) => peer.end('hello'));
server.listen(0, '127.0.0.1', () => {
  const socket = connect({ host: '127.0.0.1', port: server.address().port, servername: 'localhost', ca });
  socket.once('secureConnect', () => console.log(`${socket.getProtocol()}, ${typeof openStore}`));
  socket.setEncoding('utf8').on('data', (text) => console.log(`the server said ${text}`));
  socket.once('close', () => server.close());
});
