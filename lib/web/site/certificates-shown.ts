/** Which certificates a server shows: each of its searches has one, and several may have the same. */
export class CertificatesShown<Item extends { readonly thumbprint: string }> {
  readonly #byThumbprint = new Map<string, { readonly item: Item; searches: number }>();

  /** Each once. */
  list(): readonly Item[] {
    return [...this.#byThumbprint.values()].map(({ item }) => item);
  }

  has(thumbprint: string): boolean {
    return this.#byThumbprint.has(thumbprint);
  }

  /** One search changes over. @returns whether clients get a certificate that none of them got before */
  change(previous: Item | null, current: Item): boolean {
    const known = this.#byThumbprint.get(current.thumbprint);
    if (known === undefined) this.#byThumbprint.set(current.thumbprint, { item: current, searches: 1 });
    else known.searches += 1;
    if (previous !== null) this.#leave(previous.thumbprint);
    return known === undefined;
  }

  #leave(thumbprint: string): void {
    const left = this.#byThumbprint.get(thumbprint);
    if (left === undefined) return;
    left.searches -= 1;
    if (left.searches === 0) this.#byThumbprint.delete(thumbprint);
  }
}
