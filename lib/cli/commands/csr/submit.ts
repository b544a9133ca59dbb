import type { Command } from 'commander';
import type { Enrolment } from '../../../apps/enrol/enrolment.js';
import type { SubmitOptions } from '../../../apps/enrol/submit-request.js';
import { pemOfCertificate } from '../../../formats/x509/certificate-of.js';
import type { PendingRequest } from '../../../windows/request/stand-in.js';
import type { Submission } from '../../../windows/request/submission.js';
import { addChangeFlags, type ChangeFlags, confirmChange } from '../../change-flags.js';
import type { CommandContext } from '../../command-context.js';
import { EXIT_CODES } from '../../exit-code.js';
import { passwordFromEnvironment, readPassword } from '../../password.js';
import { writeReport } from '../../report.js';
import { formatRows } from '../../table.js';
import { readCertificates } from '../../tls-options.js';
import { UsageError } from '../../usage-error.js';
import { formatCompletion, completionFacts } from './completion-report.js';
import { pendingFacts, requestName } from './request-facts.js';
import { REQUEST_ARGUMENT, REQUEST_MEANING } from './request-flags.js';

interface SubmitFlags extends ChangeFlags {
  readonly est?: string;
  readonly scep?: string;
  readonly challenge?: boolean;
  readonly certsrv?: string;
  readonly adcs?: string;
  readonly user?: string;
  readonly certificate?: string;
  readonly renew?: boolean;
  readonly ca?: string[];
  readonly fingerprint?: string;
  readonly template?: string;
  readonly id?: string;
  readonly again?: boolean;
  readonly wait?: string;
  readonly store?: string;
  readonly json?: boolean;
}

/** Adds `schannel csr submit`. */
export function addSubmitCommand(csr: Command, context: CommandContext): void {
  const command = csr
    .command('submit')
    .summary('send a request to an authority, and install what it issues')
    .description(
      'Sends a pending request to an authority and installs the certificate that comes back, as complete does. If the authority ' +
        'has not decided, the exit code is 11; if it refuses, 12. Where a request waits is kept with it: give the command again, ' +
        'without an authority.\n' +
        'The password of --user comes from SCHANNEL_PASSWORD, or you are asked for it.',
    )
    .argument(REQUEST_ARGUMENT, REQUEST_MEANING)
    .option('--est <url>', 'a server of EST (RFC 7030): https://ca.example')
    .option('--scep <url>', 'a server of SCEP (RFC 8894), for RSA keys')
    .option('--challenge', 'with --scep: send a challenge password, from SCHANNEL_PASSWORD or asked for')
    .option('--certsrv <url>', 'web enrolment of AD CS: https://ca.example/certsrv')
    .option('--adcs <authority>', 'AD CS by certreq.exe of this machine: "host\\name of the authority"')
    .option('--user <name>', 'user for --est and --certsrv')
    .option('--certificate <name>', 'certificate in Windows that says who is asking')
    .option('--renew', 'with --est: renew the certificate that the request renews, or that of --certificate')
    .option('--ca <file...>', "trust only these certificates (PEM, DER, P7B; default: Windows' stores)")
    .option('--fingerprint <hex>', "SHA-256 of the authority's root, for --est and --scep")
    .option('--template <name>', 'certificate template, for --certsrv and --adcs')
    .option('--id <number>', 'number under which it waits, if it was sent by another program')
    .option('--again', 'send it as a new request, although it waits at this authority')
    .option('--wait <time>', 'ask again for so long while it is pending: 45s, 5m, 2h')
    .option('--store <name>', 'store for the certificate: MY, WebHosting … (default: MY)')
    .option('--json', 'print one JSON object');
  addChangeFlags(command).action((name: string, flags: SubmitFlags) => runSubmit(name, flags, context));
}

async function runSubmit(name: string, flags: SubmitFlags, context: CommandContext): Promise<void> {
  const { requests, io, exit } = context;
  const pending = await requests.findPending(name);
  const { request, reference } = pending;
  if (request === null) {
    throw new UsageError(
      `Another program made ${reference}, and did not keep the request. Send its file, and complete it`,
    );
  }
  const target = targetOf(flags, pending);
  const { authority } = target;
  const options = await submitOptions(flags, target, pending, context);
  const title = `${requestName(pending)} (${reference})`;
  if (pending.location === 'LocalMachine') {
    await confirmChange(
      io,
      flags,
      `Send ${title} to ${authority}, and install its certificate for this machine?`,
    );
  }
  if (flags.dryRun === true) {
    writeReport(io, flags, {
      facts: () => ({ ok: true, dryRun: true, authority, request: pendingFacts(pending), error: null }),
      lines: () => [`would send ${title} to ${authority}`],
    });
    return;
  }
  const memory = new SubmissionMemory(pending, target, requests);
  const answer = await requests.submitRequest(request, {
    ...options,
    onPending: (waiting) => memory.pending(waiting),
  });
  if (answer.state === 'denied') await memory.over();
  if (answer.state !== 'issued') {
    exit(answer.state === 'pending' ? EXIT_CODES.pending : EXIT_CODES.denied);
    writeReport(io, flags, {
      facts: () => ({ ...answerFacts(answer, authority), request: pendingFacts(pending), error: null }),
      lines: (style) => [
        answer.state === 'pending'
          ? style.warn(`${authority} has not decided about ${title} yet`)
          : style.bad(`${authority} refused ${title}`),
        ...formatRows(
          [
            ['number', answer.id],
            ['reason', answer.reason],
          ],
          style,
          '  ',
        ),
      ],
    });
    return;
  }
  const chain = Buffer.from(answer.chain.map(pemOfCertificate).join(''));
  const prepared = await requests.prepareCompletion(chain, { request: reference, store: flags.store });
  using result = await prepared.run();
  writeReport(io, flags, {
    facts: () => ({ ...completionFacts(result), ...answerFacts(answer, authority) }),
    lines: (style) => formatCompletion(result, style),
  });
}

const answerFacts = ({ state, id, reason }: Enrolment, authority: string): object => ({
  ok: state === 'issued',
  dryRun: false,
  authority,
  state,
  id,
  reason,
});

/** The option for each way to an authority. */
const OPTION_OF = { est: 'est', scep: 'scep', certsrv: 'certsrv', certreq: 'adcs' } as const;

/** The authority that was given, or the one where the request waits, and under which number. @throws {UsageError} */
function targetOf(flags: SubmitFlags, { submission }: PendingRequest): Submission {
  const given = (['est', 'scep', 'certsrv', 'certreq'] as const).flatMap((by) => {
    const authority = flags[OPTION_OF[by]];
    return authority === undefined ? [] : [{ by, authority }];
  });
  const [target = submission, ...others] = given;
  if (target === null || others.length > 0) {
    throw new UsageError('Give one of --est, --scep, --certsrv and --adcs');
  }
  const { by, authority } = target;
  if (flags.id !== undefined && by === 'est') throw new UsageError('--id is not for this authority');
  const waits = submission?.by === by && submission.authority === authority && flags.again !== true;
  return { by, authority, id: flags.id ?? (waits ? submission.id : null) };
}

/** Keeps with a request where it waits. */
class SubmissionMemory {
  readonly #reference: string;
  readonly #target: Submission;
  readonly #requests: CommandContext['requests'];
  #kept: Submission | null;

  constructor(
    { reference, submission }: PendingRequest,
    target: Submission,
    requests: CommandContext['requests'],
  ) {
    this.#reference = reference;
    this.#target = target;
    this.#requests = requests;
    this.#kept = submission;
  }

  /** Without a number, only EST can be asked again. */
  async pending({ id }: Enrolment): Promise<void> {
    const { by, authority } = this.#target;
    const kept = this.#kept;
    if (id === null && by !== 'est') return;
    if (kept?.by === by && kept.authority === authority && kept.id === id) return;
    this.#kept = { by, authority, id };
    await this.#requests.rememberSubmission(this.#reference, this.#kept);
  }

  /** The authority has decided: what is sent next is a new request. */
  async over(): Promise<void> {
    const { by, authority } = this.#target;
    if (this.#kept?.by !== by || this.#kept.authority !== authority) return;
    this.#kept = null;
    await this.#requests.rememberSubmission(this.#reference, null);
  }
}

/** @throws {UsageError} */
async function submitOptions(
  flags: SubmitFlags,
  target: Submission,
  { renews, keyLocation }: PendingRequest,
  { io }: CommandContext,
): Promise<SubmitOptions> {
  const { user, renew, fingerprint, template, wait } = flags;
  const { by, authority } = target;
  const id = target.id ?? undefined;
  const certificate = flags.certificate ?? (renew === true ? (renews ?? undefined) : undefined);
  const onlyFor = (option: string, given: unknown, ...ways: readonly Submission['by'][]): void => {
    if (given !== undefined && !ways.includes(by))
      throw new UsageError(`${option} is not for this authority`);
  };
  onlyFor('--renew', renew, 'est');
  onlyFor('--fingerprint', fingerprint, 'est', 'scep');
  onlyFor('--challenge', flags.challenge, 'scep');
  onlyFor('--template', template, 'certsrv', 'certreq');
  onlyFor('--user', user, 'est', 'certsrv');
  onlyFor('--certificate', flags.certificate, 'est', 'certsrv');
  onlyFor('--ca', flags.ca, 'est', 'scep', 'certsrv');
  if (renew === true && certificate === undefined)
    throw new UsageError('The request renews no certificate. Give --certificate');
  if (by === 'certreq') return { certreq: { config: authority, template, id }, wait };
  if (by === 'scep') {
    if (keyLocation === null) throw new UsageError('The entry of the request does not say where its key is');
    const challenge =
      flags.challenge === true && flags.dryRun !== true
        ? await readPassword(io, { of: 'the challenge', neededBy: '--challenge' })
        : undefined;
    const ca = flags.ca?.map(readCertificates);
    return {
      scep: { url: authority, key: keyLocation, challenge, fingerprint, ca, poll: id !== undefined },
      wait,
    };
  }
  const password =
    user === undefined || flags.dryRun === true
      ? passwordFromEnvironment(io.env)
      : await readPassword(io, { of: user, neededBy: '--user' });
  const server = {
    certificate,
    ...(flags.ca === undefined ? {} : { ca: flags.ca.map(readCertificates) }),
    ...(user === undefined ? {} : { user, password }),
  };
  return by === 'est'
    ? { est: { ...server, url: authority, renew, fingerprint }, wait }
    : { certsrv: { ...server, url: authority, template, id }, wait };
}
