/** Longest piece of a peer's text that goes into a message, in UTF-16 units. */
const LONGEST = 300;

/** Of a list of names so many are shown, each so long. */
const SHOWN_NAMES = 10;
const LONGEST_NAME = 64;

/**
 * Text of somebody else (a peer, a certificate, a file) for an error, a log or a terminal: line ends become ' / ',
 * characters that cannot be seen become '?', and a long text is cut. Its author must not be able to move the cursor, to
 * forge a line of a log, or to fill the log.
 *
 * @param longest UTF-16 units that are shown; default 300
 */
export function printable(text: string, longest = LONGEST): string {
  // Cut first: what follows would be done for all of it.
  const plain = text.slice(0, longest).replace(/\r?\n/g, ' / ').replace(UNSEEN, '?');
  return text.length > longest ? `${plain} …` : plain;
}

/** Controls, marks of direction and the like, halves of characters, separators of lines and paragraphs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Names of somebody else in one line, as {@link printable}; of many only the first, and how many more there are. */
export function printableList(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => printable(name, LONGEST_NAME));
  const more = names.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}
