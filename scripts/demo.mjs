/**
 * `npm run demo`: a message by STARTTLS through Schannel to a real mail server, three servers it refuses, and a
 * site that gets its certificate by itself.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makeCertificates } from './demo/certificates.mjs';
import { runSchannel } from './demo/command.mjs';
import { startMailServer } from './demo/mail-server.mjs';
import { Page } from './demo/page.mjs';
import { showSite } from './demo/site.mjs';

const ATTACHMENT = 'month,messages,refused\n2026-01,1204,3\n2026-02,1377,0\n2026-03,1291,1\n';

/** The servers that must be refused, and how. */
const REFUSALS = [
  { server: 'wrongName', title: 'A certificate for another name', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  { server: 'expired', title: 'An expired certificate', code: 'CERT_HAS_EXPIRED' },
  { server: 'untrusted', title: 'A certificate nobody vouches for', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
];

/** The command's exit code for a certificate that is not accepted (docs/cli.md). */
const CERTIFICATE_REFUSED = 6;

/**
 * @param {object} place
 * @param {import('./rig/rig.mjs').Rig | null} place.rig null on Windows itself
 * @param {string} place.node the Windows node.exe
 * @param {(step: string, fraction: number | null, detail?: string) => void} place.report hears what takes a while
 * @param {string} place.repo root of the repository, library compiled
 * @returns {Promise<number>} 0 when everything went as shown
 */
export async function demo({ rig, node, report, repo }) {
  const page = new Page();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'schannel-demo-'));
  const undo = [() => rm(folder, { recursive: true, force: true })];
  try {
    report('starting a mail server', null);
    const certificates = await makeCertificates();
    const [server, trust] = await Promise.all([
      startMailServer(certificates.servers),
      trustDemoAuthority(rig, certificates, folder),
    ]);
    undo.unshift(() => server.stop());
    const place = { rig, node, main: path.join(repo, 'dist', 'cli', 'main.js'), prefix: trust.prefix };
    page.heading('The stage');
    page.text(`Mail server: ${server.name}, on loopback, with a certificate of a CA made a moment ago.`);
    page.text(`Client: node.exe for Windows${rig === null ? '' : ' on Wine'}, TLS by Schannel.`);
    page.text(`Trust: ${trust.told}`);

    const checks = [await sendOne({ page, place, server, trust, folder })];
    for (const refusal of REFUSALS)
      checks.push(await beRefused({ page, place, server, trust, folder, refusal }));
    checks.push(await showSite({ page, place, certificates, folder, report }));
    const failed = checks.flat().filter((holds) => !holds).length;
    page.heading(failed === 0 ? 'Everything went as it should.' : `${failed} of the checks above failed.`);
    return failed === 0 ? 0 : 1;
  } finally {
    for (const step of undo) await step();
  }
}

/** Into the root store of a temporary Windows, if there is one. A user's own store is never changed. */
async function trustDemoAuthority(rig, { ca, caPem }, folder) {
  if (rig === null) {
    const file = path.join(folder, 'demo-ca.pem');
    await writeFile(file, caPem);
    return {
      args: ['--ca', file],
      told: "the demo CA by --ca; your Windows' certificate stores are not touched.",
    };
  }
  const file = path.join(folder, 'demo-ca.cer');
  await writeFile(file, ca);
  const prefix = await rig.clonePrefix('demo');
  await rig.trust(prefix, file);
  return { prefix, args: [], told: "the demo CA is in Windows' store of trusted roots; Windows decides." };
}

async function sendOne({ page, place, server, trust, folder }) {
  const attachment = path.join(folder, 'report.csv');
  await writeFile(attachment, ATTACHMENT);
  const args = mailArguments(server.ports.trusted, attachment, trust, ['--verbose']);
  page.heading('A message with an attachment');
  page.command(['schannel', ...args]);
  const { code, stdout, stderr } = await runSchannel(place, args);
  page.block(stderr);
  page.block(stdout);
  const checks = [check(page, code === 0, 'sent over a connection that Schannel secured and Windows trusts')];
  if (code !== 0) return checks;

  const stored = (await server.nextMessage()).toString('utf8');
  page.heading('The message as the server stored it');
  page.block(stored);
  const encoded = Buffer.from(ATTACHMENT).toString('base64');
  const arrived = stored.replace(/\s/g, '').includes(encoded);
  return [...checks, check(page, arrived, 'the attachment arrived byte for byte')];
}

async function beRefused({ page, place, server, trust, folder, refusal }) {
  const args = mailArguments(server.ports[refusal.server], path.join(folder, 'report.csv'), trust, []);
  page.heading(refusal.title);
  page.command(['schannel', ...args]);
  const before = server.stored();
  const { code, stdout, stderr } = await runSchannel(place, args);
  page.block(stdout + stderr);
  const refused = code === CERTIFICATE_REFUSED && stderr.includes(refusal.code) && server.stored() === before;
  return [
    check(page, refused, `refused with ${refusal.code}, exit code ${CERTIFICATE_REFUSED}; nothing was sent`),
  ];
}

function mailArguments(port, attachment, trust, more) {
  const message = ['--from', 'anna@demo.example', '--to', 'ben@demo.example', '--subject', 'The figures'];
  const body = ['--text', 'Ben, here they are.', '--attach', attachment];
  return ['mail', '--host', 'localhost', '--port', String(port), ...trust.args, ...message, ...body, ...more];
}

function check(page, holds, text) {
  page.check(holds, text);
  return holds;
}
