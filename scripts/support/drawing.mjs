/**
 * Replaces a page's text between its marks, `<!-- drawn: name -->` and `<!-- end -->`, and leaves the rest as it is,
 * with the drawings of other scripts.
 * @param {string} page
 * @param {Record<string, string>} drawings by name
 */
export function redraw(page, drawings) {
  return page.replace(/(<!-- drawn: (\w+) -->\n)[^]*?(<!-- end -->)/g, (whole, begin, name, end) =>
    Object.hasOwn(drawings, name) ? `${begin}\n${drawings[name]}\n\n${end}` : whole,
  );
}
