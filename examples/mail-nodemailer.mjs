// Sends a message by STARTTLS through Windows' TLS.
//   set MAIL_PASSWORD=…
//   node mail-nodemailer.mjs mail.example anna@mail.example ben@mail.example
import nodemailer from 'nodemailer';
import { schannelTransport } from 'schannel/nodemailer';

const [host, from, to] = process.argv.slice(2);
const pass = process.env.MAIL_PASSWORD;

const mail = nodemailer.createTransport(
  schannelTransport({
    host,
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
