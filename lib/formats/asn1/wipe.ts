/** Overwrites secrets with zeros. Strings cannot be overwritten: V8 keeps them until garbage collection. */
export function wipe(...secrets: readonly (Uint8Array | null | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}
