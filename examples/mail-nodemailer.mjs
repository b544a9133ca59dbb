// Sends a message over STARTTLS with Windows' TLS.
//   set MAIL_PASSWORD=…
//   node mail-nodemailer.mjs mail.example:587 anna@mail.example ben@mail.example [ca.pem]
import { readFileSync } from 'node:fs';
import nodemailer from 'nodemailer';
import { schannelTransport } from 'schannel/nodemailer';

const [server, from, to, caFile] = process.argv.slice(2);
const [host, port] = server.split(':');
const pass = process.env.MAIL_PASSWORD;

const mail = nodemailer.createTransport(
  schannelTransport({
    host,
    port: Number(port) || 587,
    tls: { ca: caFile && readFileSync(caFile) },
    ...(pass && { auth: { user: from, pass } }),
    onSecureConnect: (socket) => console.log(`${socket.getProtocol()}, ${socket.getCipher()?.standardName}`),
  }),
);

try {
  const { response } = await mail.sendMail({ from, to, subject: 'By Schannel', text: 'Trusted by Windows.' });
  console.log(response);
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
