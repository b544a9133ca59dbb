/** Overwrites secrets with zeros. Strings cannot be overwritten: V8 keeps them until it collects them. */
export function wipe(...secrets: readonly (Uint8Array | null | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}
