import { printableList } from '../../base/text/printable.js';
import { parseCertificate } from '../../formats/x509/certificate-of.js';
import { isNamedIssuer, isSignedBy } from '../../formats/x509/issuers.js';
import { parseRevocationLists } from '../../formats/x509/revocation-list.js';
import type { AuthorityContext } from './context.js';
import { normalSerial } from './find.js';
import { bodyHash, presentList } from './lists.js';
import { hashOf } from './state.js';
import { certificateIn } from './stored-certificate.js';

/** What an examination of an authority found. */
export interface Verification {
  readonly events: number;
  readonly certificates: number;
  /** Hash of the last line of the log. */
  readonly head: string;
  /** What is wrong, one sentence each; none if everything is in order. */
  readonly problems: readonly string[];
}

/**
 * Examines an authority: its log line by line, the signature of each certificate in it, its files, and its revocation
 * list.
 *
 * @param head a hash that was noted down earlier: whether the log still contains it
 * @throws SchannelError ERR_SCHANNEL_CA_DAMAGED if the log itself was changed
 */
export async function verifyAuthority(context: AuthorityContext, head?: string): Promise<Verification> {
  const { ledger, folder, state } = context;
  await ledger.refresh();
  const problems: string[] = [];
  const events = await ledger.events();
  if (head !== undefined && !(await ledger.hasHead(head))) {
    problems.push(
      `the log does not contain the line with the hash ${head.slice(0, 64)}: it is older, or was replaced`,
    );
  }
  const authorities = events.flatMap((event) =>
    event.event === 'authority' ? (parseCertificate(Buffer.from(event.certificate, 'base64')) ?? []) : [],
  );
  let certificates = 0;
  const bodies = new Map<string, string>();
  for (const event of events) {
    if (event.event === 'issuing') bodies.set(event.serial, event.body);
    if (event.event !== 'issued' && event.event !== 'imported') continue;
    if (event.certificate === null) continue;
    certificates += 1;
    const { serial } = event;
    const der = Buffer.from(event.certificate, 'base64');
    const certificate = parseCertificate(der);
    if (event.event === 'issued' && event.sha256 !== hashOf(der)) {
      problems.push(`the log has another hash for the certificate ${serial}`);
    }
    if (event.event === 'issued' && bodyHash(der) !== bodies.get(serial)) {
      problems.push(`the certificate ${serial} has another content than the log says was signed`);
    }
    if (certificate === null) problems.push(`the certificate ${serial} cannot be read`);
    else if (normalSerial(certificate.serialNumber) !== serial) {
      problems.push(`the certificate ${serial} has the serial number ${certificate.serialNumber}`);
    } else if (
      !authorities.some((each) => isNamedIssuer(each, certificate) && isSignedBy(certificate, each.publicKey))
    ) {
      problems.push(`the certificate ${serial} was not signed by this authority`);
    }
    problems.push(...(await fileProblems(context, serial, event.certificate)));
  }
  for (const serial of state.unfinished) problems.push(`the certificate ${serial} was never finished`);
  if (ledger.needsMending) problems.push('a process was interrupted; the next change puts that in order');
  if (context.hasCertificate) problems.push(...(await listProblems(context)));
  const strangers = await folder.strangers();
  if (strangers !== null) {
    problems.push(
      `${printableList(strangers.names)} can write to the folder; end that with: ${strangers.remedy}`,
    );
  }
  if ((await folder.read(folder.chain)) === null && context.hasCertificate)
    problems.push(`${folder.chain} is missing`);
  return { events: events.length, certificates, head: ledger.head, problems };
}

async function fileProblems(
  { folder }: AuthorityContext,
  serial: string,
  certificate: string,
): Promise<string[]> {
  const content = await folder.read(folder.certificate(serial));
  if (content === null) return [`the file of the certificate ${serial} is missing; the log has it`];
  return certificateIn(content)?.equals(Buffer.from(certificate, 'base64')) === true
    ? []
    : [`the file of the certificate ${serial} was changed; the log has the right one`];
}

async function listProblems(context: AuthorityContext): Promise<string[]> {
  const { state, authority, ledger } = context;
  if (state.list === null) return ['there is no revocation list'];
  const present = await presentList(context);
  if (present === null) {
    const file = context.folder.list(context.init.name);
    return [`${file} is not the last list (number ${state.list.number}); make a new one`];
  }
  const [list] = parseRevocationLists(present.der);
  return [
    ...(list?.isSignedBy(authority.publicKey) === true
      ? []
      : ['the revocation list was not signed by this authority']),
    ...(present.nextUpdate.getTime() < ledger.system.clock.now() ? ['the revocation list has expired'] : []),
    ...(state.hasNewRevocations ? ['the revocation list is older than the last revocation'] : []),
  ];
}
