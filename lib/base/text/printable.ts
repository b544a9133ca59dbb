/** How much of a peer's text goes into a message, in UTF-16 units. */
const LONGEST = 300;

/** How many names of a list are shown, and how much of each. */
const SHOWN_NAMES = 10;
const LONGEST_NAME = 64;

/**
 * Makes text from outside (from a peer, a certificate, a file) safe for an error, a log or a terminal: line ends become
 * ' / ', invisible characters become '?', and a long text is shortened. Its author must not be able to move the cursor,
 * forge a line in a log, or fill the log.
 *
 * @param longest how many UTF-16 units are shown; default 300
 */
export function printable(text: string, longest = LONGEST): string {
  // Shorten it first: what follows would otherwise process all of it.
  const plain = text.slice(0, longest).replace(/\r?\n/g, ' / ').replace(UNSEEN, '?');
  return text.length > longest ? `${plain} …` : plain;
}

/** Controls, format characters such as direction marks, lone surrogates, and separators of lines and paragraphs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Names from outside on one line, as {@link printable}. Only the first ones of many, and how many more there are. */
export function printableList(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => printable(name, LONGEST_NAME));
  const more = names.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}
