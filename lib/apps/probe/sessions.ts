import { spanAt, spansIn } from '../../formats/asn1/der-spans.js';
import type { Asker } from './asker.js';
import type { FeaturesReport, ResumptionReport } from './report.js';
import type { Clear } from './spoken.js';
import { handshakeOn, renegotiatesOn, type HandshakeOptions } from './whole-handshake.js';

/** What only whole handshakes show; they are made by node:tls. Null is not tested, or without an answer. */
export interface SessionsReport extends Pick<FeaturesReport, 'clientRenegotiation'> {
  readonly resumption: ResumptionReport;
}

export const NO_SESSIONS: SessionsReport = {
  clientRenegotiation: null,
  resumption: { sessionIds: null, tickets: null, tls13: null, earlyData: null },
};

/** Resumes sessions of each kind, and asks for a renegotiation once. */
export async function surveySessions(
  asker: Asker,
  clear: Clear | null,
  hasTls13: boolean,
): Promise<SessionsReport> {
  const version = clear === null || clear.name === 'SSLv3' ? null : clear.name;
  const [sessionIds, tickets, clientRenegotiation, new13] = await Promise.all([
    version === null ? null : resumes(asker, { version, withoutTickets: true }),
    version === null ? null : resumes(asker, { version }),
    version === null ? null : renegotiates(asker, { version }),
    hasTls13 ? resumes(asker, { version: 'TLSv1.3' }) : null,
  ]);
  return {
    clientRenegotiation,
    resumption: {
      sessionIds: sessionIds?.isResumed ?? null,
      tickets: tickets?.isResumed ?? null,
      tls13: new13?.isResumed ?? null,
      earlyData: new13?.session == null ? null : earlyDataIn(new13.session),
    },
  };
}

type Kind = Omit<HandshakeOptions, 'servername' | 'session'>;

interface Resumed {
  readonly isResumed: boolean;
  readonly session: Buffer | null;
}

/** Two handshakes, the second one with the session of the first one. */
async function resumes(asker: Asker, kind: Kind): Promise<Resumed | null> {
  const options = { ...kind, servername: asker.servername };
  const first = await asker.visitor.talk((stream) => handshakeOn(stream, options));
  if (first === null) return null;
  const { session, hasTicket } = first;
  if (session === null || (kind.withoutTickets !== true && !hasTicket))
    return { isResumed: false, session: null };
  const again = await asker.visitor.talk((stream) => handshakeOn(stream, { ...options, session }));
  return again && { isResumed: again.isResumed, session };
}

const renegotiates = (asker: Asker, kind: Kind): Promise<boolean | null> =>
  asker.visitor.talk((stream) => renegotiatesOn(stream, { ...kind, servername: asker.servername }));

/** max_early_data_size in OpenSSL's form of a session: [15] EXPLICIT INTEGER. */
const EARLY_DATA = 0xaf;

/** Bytes of early data that the ticket allows (RFC 8446 §4.2.10). */
function earlyDataIn(session: Uint8Array): number {
  const field = spansIn(spanAt(session, 0).content).find(({ tag }) => tag === EARLY_DATA);
  if (field === undefined) return 0;
  return Number(`0x${Buffer.from(spanAt(field.content, 0).content).toString('hex') || '0'}`);
}
