import { type ListedRequest, pendingRequests } from '../../../windows/request/pending-requests.js';
import { type Check, type Finding, found } from '../check.js';

/** By then an authority has usually answered. */
const OLD_MS = 30 * 86_400_000;

/** Counts requests that wait, and what they wait for. */
export function summaryOf(requests: readonly ListedRequest[], now = Date.now()): Finding {
  const old = requests.filter(({ created }) => now - created.getTime() > OLD_MS).length;
  const withCertificate = requests.filter(({ certificates, renews }) =>
    certificates.some((reference) => reference !== renews),
  ).length;
  const sentences = [
    requests.length === 0 ? 'None.' : `${requests.length}.`,
    old === 0 ? null : `Older than 30 days: ${old}.`,
    withCertificate === 0 ? null : `With a certificate for their key already: ${withCertificate}.`,
  ].filter((sentence) => sentence !== null);
  return found(sentences.join(' '), { pending: requests.length, old, withCertificate });
}

/** Requests in the store REQUEST, which are easily forgotten. */
export const REQUEST_CHECKS: readonly Check[] = [
  {
    id: 'requests.pending',
    title: 'How many requests wait for a certificate?',
    writes: false,
    vital: false,
    run: async () => summaryOf(await pendingRequests()),
  },
];
