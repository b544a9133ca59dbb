import { eachSpan, MalformedDer, type Span, spanAt, spansIn } from '../asn1/der-spans.js';

/** What an OCSP response says of one certificate. */
export interface StapledAnswer {
  /** Of the certificate, in lower-case hexadecimal digits without zeros in front. */
  readonly serialNumber: string;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
}

const MOST_ANSWERS = 20;

const TAG = {
  enumerated: 0x0a,
  integer: 0x02,
  octetString: 0x04,
  sequence: 0x30,
  generalizedTime: 0x18,
  explicit0: 0xa0,
} as const;

const STATUS: Readonly<Record<number, StapledAnswer['status']>> = {
  0x80: 'good',
  0xa1: 'revoked',
  0x82: 'unknown',
};

/**
 * Reads the answers of an OCSPResponse (RFC 6960 §4.2.1), as servers staple it. Its signature is not verified.
 *
 * @returns nothing for a response that is none, such as tryLater
 * @throws MalformedDer
 */
export function readStapledResponse(der: Uint8Array): readonly StapledAnswer[] {
  const [status, bytes] = spansIn(of(spanAt(der, 0), TAG.sequence).content);
  if (of(status, TAG.enumerated).content[0] !== 0) return [];
  const [, basic] = spansIn(of(spanAt(of(bytes, TAG.explicit0).content, 0), TAG.sequence).content);
  const [data] = spansIn(of(spanAt(of(basic, TAG.octetString).content, 0), TAG.sequence).content);
  const fields = spansIn(of(data, TAG.sequence).content);
  if (fields[0]?.tag === TAG.explicit0) fields.shift(); // version
  const [, , list] = fields; // after responderID and producedAt
  const answers: StapledAnswer[] = [];
  for (const answer of eachSpan(of(list, TAG.sequence).content)) {
    if (answers.length === MOST_ANSWERS) break;
    answers.push(answerOf(of(answer, TAG.sequence)));
  }
  return answers;
}

/** SingleResponse */
function answerOf({ content }: Span): StapledAnswer {
  const [id, state, since, until] = spansIn(content);
  const serialNumber = of(spansIn(of(id, TAG.sequence).content)[3], TAG.integer).content;
  const status = STATUS[state?.tag ?? 0];
  if (status === undefined) throw new MalformedDer('an unknown status');
  return {
    serialNumber: Buffer.from(serialNumber).toString('hex').replace(/^0+/, ''),
    status,
    thisUpdate: timeOf(of(since, TAG.generalizedTime)),
    nextUpdate:
      until?.tag === TAG.explicit0 ? timeOf(of(spanAt(until.content, 0), TAG.generalizedTime)) : null,
  };
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

function timeOf({ content }: Span): Date {
  const text = Buffer.from(content).toString('latin1').replace(TIME, '$1-$2-$3T$4:$5:$6Z');
  const time = new Date(text);
  if (!text.includes('T') || Number.isNaN(time.getTime()))
    throw new MalformedDer('a time that cannot be read');
  return time;
}

function of(span: Span | undefined, tag: number): Span {
  if (span?.tag !== tag) throw new MalformedDer('another element than an OCSP response has');
  return span;
}
