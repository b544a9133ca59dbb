import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { argumentError } from '../../base/errors/argument-error.js';
import { toError } from '../../base/errors/to-error.js';
import { errorCode } from '../../base/errors/error-code.js';
import { SchannelError } from '../../base/errors/schannel-error.js';
import { printable } from '../../base/text/printable.js';
import type { CertificateRequest } from '../../formats/request/certificate-request.js';
import { checkedId } from './certsrv.js';
import { certificatesIn, chainFor, type Enrolment, withoutDoubles } from './enrolment.js';
import { badAnswer } from './errors.js';
import { LONGEST_ANSWER } from './exchange.js';

export interface CertreqOptions {
  /** The authority: 'ca.corp.example\\Corp Issuing CA'. */
  readonly config: string;
  /** Name of the certificate template. */
  readonly template?: string | undefined;
  /** Number of a request that was sent before and is pending. */
  readonly id?: string | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number;
  readonly output: string;
}

/** Runs certreq.exe. */
export type RunCertreq = (args: readonly string[], signal: AbortSignal | undefined) => Promise<ProgramEnd>;

/**
 * Windows' own client of AD CS, which signs in by Kerberos. Its exit code and its words, which are in the language of
 * Windows, are no proof: what counts is the file that it writes. Wine's programs do nothing and end with 0.
 */
export async function submitByCertreq(
  request: CertificateRequest,
  options: CertreqOptions,
  run: RunCertreq,
  signal: AbortSignal | undefined,
): Promise<Enrolment> {
  const config = checkedConfig(options.config);
  const folder = await mkdtemp(path.join(tmpdir(), 'schannel-certreq-'));
  try {
    const file = (name: string): string => path.join(folder, name);
    const results = [file('certificate.cer'), file('chain.p7b')] as const;
    // Without -q a dialog opens, and without -config another one.
    const common = ['-q', '-f', '-config', config];
    let args: readonly string[];
    if (options.id === undefined) {
      await writeFile(file('request.csr'), request.pem);
      args = ['-submit', ...common, ...attributes(options.template), file('request.csr'), ...results];
    } else {
      args = ['-retrieve', ...common, checkedId(options.id), ...results];
    }
    const { code, output } = await run(args, signal);
    const certificate = await contentOf(results[0]);
    const id = options.id ?? /request\s?id\D{0,5}(\d{1,10})/i.exec(output)?.[1] ?? null;
    const said = printable(output.trim(), 500);
    if (certificate !== null) {
      const chain = chainFor(request, certificate, config);
      const above = await contentOf(results[1]);
      return {
        state: 'issued',
        id,
        chain: withoutDoubles([...chain, ...(above === null ? [] : certificatesIn(above, config))]),
        reason: null,
        retryAfter: null,
      };
    }
    // HRESULTs of certificate services: 0x800940xx and 0x800948xx (winerror.h).
    const refused = /0x80094[08][0-9a-f]{2}/i.test(output);
    // HRESULTs of facility 7 are those of Windows: the authority was not reached, or has decided nothing.
    const failed = options.id !== undefined && /0x8007[0-9a-f]{4}/i.test(output);
    if ((id === null || failed) && !refused) {
      throw badAnswer(
        `certreq.exe wrote no certificate and ended with ${String(code)}: ${said || 'it said nothing'}`,
      );
    }
    return {
      state: refused || code !== 0 ? 'denied' : 'pending',
      id,
      chain: [],
      reason: said,
      retryAfter: null,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const attributes = (template: string | undefined): string[] =>
  template === undefined ? [] : ['-attrib', `CertificateTemplate:${checkedTemplate(template)}`];

/** Attributes are separated by line ends. */
function checkedTemplate(template: string): string {
  if (/^[^\r\n\\:]{1,256}$/.test(template)) return template;
  throw argumentError('ERR_INVALID_ARG_VALUE', "The property 'template' must be the name of a template");
}

function checkedConfig(config: string): string {
  if (/^[^\\\s-][^\\]*\\[^\\\r\n]+$/.test(config)) return config;
  throw argumentError(
    'ERR_INVALID_ARG_VALUE',
    "The property 'config' must be 'host\\\\name of the authority'",
  );
}

/** Null for a file that was not written. */
async function contentOf(file: string): Promise<Buffer | null> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > LONGEST_ANSWER) throw badAnswer('certreq.exe wrote a file that is too large');
      return size === 0 ? null : await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The program of this Windows, by its full path: a file of this name in the current folder does not count. */
export const runCertreq: RunCertreq = (args, signal) =>
  new Promise((resolve, reject) => {
    const program = path.join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'certreq.exe');
    const options = {
      windowsHide: true,
      maxBuffer: LONGEST_ANSWER,
      ...(signal === undefined ? {} : { signal }),
    };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve({ code: 0, output });
      else if (typeof error.code === 'number') resolve({ code: error.code, output });
      else if (errorCode(error) === 'ENOENT') reject(toolMissing(error));
      else reject(toError(error));
    });
  });

const toolMissing = (cause: unknown): SchannelError =>
  new SchannelError('ERR_SCHANNEL_ENROL_TOOL_MISSING', 'This Windows has no certreq.exe', {
    advice: 'Submit the request on another machine, or by the web enrolment of the authority.',
    cause,
  });
