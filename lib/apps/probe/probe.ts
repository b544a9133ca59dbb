import { SYSTEM_CLOCK, type Clock } from '../../base/async/clock.js';
import { endIfAborted } from '../../base/errors/abort-error.js';
import { argumentError, integerWithin } from '../../base/errors/argument-error.js';
import { Asker } from './asker.js';
import { DEFAULT_CHECKS, PROBE_CHECKS, type ProbeCheck } from './checks.js';
import { findingsOf } from './findings.js';
import { meet } from './meet.js';
import { grade } from './profiles.js';
import type { ProbeReport } from './report.js';
import { Survey } from './survey.js';
import { targetOf, type ProbeTarget } from './target.js';
import { Visitor } from './visitor.js';

export interface ProbeOptions {
  /** What is asked for in addition to versions and suites. Default all but `signatures`. */
  readonly checks?: readonly ProbeCheck[] | undefined;
  /** Connections at the same time, 1 to 16. Default 4. */
  readonly parallel?: number | undefined;
  /** Milliseconds for one connection. Default 5000. */
  readonly timeout?: number | undefined;
  /** One connection at a time, and 300 ms between two. Default false. */
  readonly gentle?: boolean | undefined;
  /** Connections in all. Default 400. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds in all. Default 60,000; with `gentle` 300,000. */
  readonly totalTime?: number | undefined;
  /** Ends the probe with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what has been found out, in a few words. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

const GENTLE_PAUSE = 300;
const LONGEST = 3_600_000;

/**
 * Lists what a TLS server accepts: versions, suites in their order, groups, certificates, ALPN and extensions. It sends
 * hellos and reads the first flights. Only for `sessions`, seven handshakes are finished, by `node:tls`. Nothing
 * malformed is sent, and nothing is verified. It works on any system.
 *
 * What a server refuses, and what stays without an answer, is part of the report.
 *
 * @throws {SchannelError} ERR_SCHANNEL_PROBE_TARGET the server cannot be reached, ERR_SCHANNEL_PROBE_NOT_TLS it answers
 *   with something else; what startTls() throws before the handshake; an AbortError; TypeError, RangeError for wrong
 *   arguments
 */
export function probe(target: ProbeTarget, options: ProbeOptions = {}): Promise<ProbeReport> {
  return probeBy(SYSTEM_CLOCK, target, options);
}

/** The same, by another clock. */
export async function probeBy(
  clock: Clock,
  target: ProbeTarget,
  options: ProbeOptions,
): Promise<ProbeReport> {
  const { gentle = false, parallel = 4, timeout = 5000, maxConnections = 400, signal, onProgress } = options;
  const totalTime = options.totalTime ?? (gentle ? 300_000 : 60_000);
  const checks = options.checks ?? DEFAULT_CHECKS;
  const unknown = checks.find((check) => !PROBE_CHECKS.includes(check));
  if (unknown !== undefined) {
    throw argumentError(
      'ERR_INVALID_ARG_VALUE',
      `checks must be of ${PROBE_CHECKS.join(', ')}, not ${unknown}`,
    );
  }
  const manners = {
    pause: gentle ? GENTLE_PAUSE : 0,
    parallel: integerWithin('options.parallel', parallel, 1, 16),
    timeout: integerWithin('options.timeout', timeout, 1, LONGEST),
    connections: integerWithin('options.maxConnections', maxConnections, 1, 100_000),
    totalTime: integerWithin('options.totalTime', totalTime, 1, LONGEST),
  };
  const { open, reported } = targetOf(target, manners.timeout);
  endIfAborted(signal);
  const visitor = new Visitor(open, manners, clock, signal);
  const time = new Date(clock.now()).toISOString();
  const asker = new Asker(visitor, reported.servername);
  const met = await meet(asker);
  onProgress?.('it speaks TLS');
  const survey = new Survey(asker, new Set(checks), onProgress ?? (() => undefined));
  const found = await survey.run(met);
  const partial = {
    format: 'schannel-probe/1' as const,
    target: reported,
    time,
    ...found,
    unsure: asker.unsure,
    connections: visitor.connections,
    milliseconds: Math.round(visitor.elapsed),
  };
  return {
    ...partial,
    findings: findingsOf(partial, clock.now()),
    grades: {
      modern: grade(partial, 'modern'),
      intermediate: grade(partial, 'intermediate'),
      'windows-default': grade(partial, 'windows-default'),
    },
  };
}
