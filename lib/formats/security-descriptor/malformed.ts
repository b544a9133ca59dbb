/** The bytes or the text are malformed. */
export class MalformedSecurity extends Error {}
