import { printable } from '../../../base/text/printable.js';
import type { Binding, PortListener } from '../../../binding.js';
import { flagMeaning } from '../../../windows/binding/flag-meanings.js';
import type { Row } from '../../table.js';

export const KEY_ARGUMENT = '<binding>';
export const KEY_MEANING = 'address:port, [IPv6]:port, *:port, host:port, ccs:port or ccs:host:port';

/** Everything that is known of a binding, in words. */
export const bindingRows = (binding: Binding): Row[] => [
  ['certificate', binding.thumbprint ?? 'in the central store'],
  ['store', binding.thumbprint === null ? null : `LocalMachine\\${printable(binding.store ?? 'MY')}`],
  ['application', ownerOf(binding)],
  ['client certificates', binding.clientCertificates ? 'asked for' : 'not asked for'],
  ['revocation', REVOCATION[binding.revocation]],
  ['purposes', binding.usageCheck ? 'checked' : 'not checked'],
  ['newer lists after', binding.freshnessTime === null ? null : `${binding.freshnessTime} s`],
  ['time for lists', binding.retrievalTimeout === 0 ? null : `${binding.retrievalTimeout} ms`],
  ['list of issuers', clean(binding.ctlIdentifier)],
  ['store of issuers', clean(binding.ctlStore)],
  ['flags', binding.flags.length === 0 ? null : binding.flags.join(', ')],
];

/** What each flag means. */
export const flagRows = ({ flags }: Binding): Row[] =>
  flags.map((name) => [name, flagMeaning(name)?.meaning ?? 'A flag of a newer Windows.']);

/** The application by name, if it is known. */
export const ownerOf = ({ owner, appId }: Binding): string => (owner === null ? appId : `${owner} ${appId}`);

const REVOCATION = {
  on: 'checked',
  cached: 'checked with lists that are here already',
  off: 'not checked',
} as const;

const clean = (text: string | null): string | null => (text === null || text === '' ? null : printable(text));

/** Who has the port, in words; without a value if nobody can say. */
export function listenersRow(listeners: readonly PortListener[] | null): Row {
  if (listeners === null) return ['listening', null];
  const words = listeners.map(({ pid, program }) =>
    program === 'http.sys' ? program : `process ${pid}${program === null ? '' : ` (${printable(program)})`}`,
  );
  return ['listening', words.length === 0 ? 'nothing' : [...new Set(words)].join(', ')];
}
