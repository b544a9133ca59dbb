/** Tells whether a name is meant; a RegExp is one as well. */
export type HostPattern = Pick<RegExp, 'test'>;

/**
 * Matches the names that a context was added for, as node:tls does: in any case, `*` for a part without a dot, so that
 * '*.example.com' is neither 'example.com' nor 'a.b.example.com'. No regular expression, which would try each way to share
 * a stranger's name among several `*`.
 */
export function hostPattern(hostname: string): HostPattern {
  const labels = hostname
    .toLowerCase()
    .split('.')
    .map((label) => label.split('*'));
  return {
    test: (name) => {
      const parts = name.toLowerCase().split('.');
      return parts.length === labels.length && labels.every((pieces, at) => fits(pieces, parts[at] ?? ''));
    },
  };
}

/** Whether the text begins with the first piece, ends with the last, and has the others in between, in order. */
function fits([first = '', ...rest]: readonly string[], text: string): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    // The earliest place leaves the most to those that follow.
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
