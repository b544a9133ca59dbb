// Asks a mail server for its capabilities under TLS.
//   node mail-starttls.mjs mail.example 25 [ca.pem]
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { startTls } from 'schannel/starttls';

const [host, port, caFile] = process.argv.slice(2);

const socket = await startTls(net.connect(Number(port), host), {
  protocol: 'smtp',
  host,
  ca: caFile && readFileSync(caFile),
  onLine: (line, direction) => console.log(direction === 'sent' ? `> ${line}` : `< ${line}`),
});
console.log(`-- ${socket.getProtocol()}, ${socket.getPeerX509Certificate()?.subject}`);

socket.end('EHLO client.example\r\nQUIT\r\n');
for await (const chunk of socket) process.stdout.write(chunk);
