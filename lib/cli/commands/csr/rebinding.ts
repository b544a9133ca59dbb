import { SchannelError } from '../../../base/errors/schannel-error.js';
import { toError } from '../../../base/errors/to-error.js';
import { printable } from '../../../base/text/printable.js';
import type { Binding } from '../../../binding.js';
import type { Certificate } from '../../../windows/store/certificate.js';
import type { BindingLibrary, CommandContext } from '../../command-context.js';
import { errorFacts } from '../../describe-error.js';
import type { Style } from '../../terminal.js';

/** What became of bindings. */
interface Rebound {
  readonly error: Error | null;
  /** Members of the JSON output. */
  readonly facts: object;
  readonly lines: (style: Style) => string[];
}

/** Has bindings of http.sys show the certificate of a request. */
export class Rebinding {
  readonly #from: string;
  readonly #owned: boolean;
  readonly #library: BindingLibrary;
  readonly #moving: readonly Binding[];
  readonly #left: readonly Binding[];

  private constructor(from: string, owned: boolean, library: BindingLibrary, found: readonly Binding[]) {
    this.#from = from;
    this.#owned = owned;
    this.#library = library;
    this.#moving = found.filter(({ owner }) => owned || owner !== 'IIS');
    this.#left = found.filter((each) => !this.#moving.includes(each));
  }

  /**
   * What can be wrong is seen before the certificate is installed.
   *
   * @param from thumbprint of the old certificate
   * @throws SchannelError ERR_SCHANNEL_BINDING_NOT_FOUND, ERR_SCHANNEL_BINDING_ACCESS_DENIED
   * @throws TypeError ERR_INVALID_ARG_VALUE for what is no thumbprint
   */
  static async prepare(
    from: string,
    { owned = false }: { readonly owned?: boolean },
    { binding }: Pick<CommandContext, 'binding'>,
  ): Promise<Rebinding> {
    const found = await binding.listBindings({ thumbprint: from });
    if (found.length > 0) return new Rebinding(from, owned, binding, found);
    throw new SchannelError(
      'ERR_SCHANNEL_BINDING_NOT_FOUND',
      `No binding has the certificate ${printable(from)}`,
      { phase: 'binding', advice: 'List the bindings: schannel binding ls. Nothing was installed.' },
    );
  }

  /** A sentence for the question whether to do it; null if nothing is moved. */
  get question(): string | null {
    return this.#moving.length === 0
      ? null
      : `These bindings of http.sys will show it: ${keysOf(this.#moving)}.`;
  }

  /** Members of the JSON output of a dry run. */
  plan(): object {
    return { bindings: this.#moving.map(({ key }) => key), left: this.#left.map(({ key }) => key) };
  }

  /** What a dry run says. */
  preview(): string[] {
    const moving =
      this.#moving.length === 0 ? [] : [`would have these bindings show it: ${keysOf(this.#moving)}`];
    return this.#left.length === 0 ? moving : [...moving, leftAs(this.#left)];
  }

  /** A certificate that was installed stays, whatever becomes of bindings. */
  async run({ reference, thumbprint }: Pick<Certificate, 'reference' | 'thumbprint'>): Promise<Rebound> {
    const to = reference ?? thumbprint;
    try {
      const { changes, left } = await this.#library.moveBindings([this.#from], to, { owned: this.#owned });
      return {
        error: null,
        facts: { bindings: changes.map(({ key }) => key), left: left.map(({ key }) => key) },
        lines: (style) => [
          ...(changes.length === 0 ? [] : [style.good(`these bindings show it now: ${keysOf(changes)}`)]),
          ...(left.length === 0 ? [] : [style.warn(leftAs(left))]),
        ],
      };
    } catch (thrown) {
      const error = toError(thrown);
      const again = `schannel binding replace --from ${this.#from} --to ${to}`;
      return {
        error,
        facts: { ok: false, bindings: [], left: [], error: errorFacts(error) },
        lines: (style) => [
          style.bad(`the bindings show the old certificate: ${printable(error.message, 1000)}`),
          `Once the reason is gone: ${again}`,
        ],
      };
    }
  }
}

const keysOf = (list: readonly { readonly key: string }[]): string =>
  list.map(({ key }) => printable(key)).join(', ');

const leftAs = (left: readonly { readonly key: string }[]): string =>
  `these bindings of IIS show the old certificate: ${keysOf(left)}. Change the sites in IIS, or use --owned`;
