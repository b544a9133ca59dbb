import * as bindings from '#lib/apps/binding/bindings.js';
import { bindingListeners } from '#lib/apps/binding/listeners.js';
import { checkBinding } from '#lib/apps/binding/check.js';
import type { BindingLibrary } from '#lib/cli/command-context.js';
import { run } from '#lib/cli/program.js';
import { capturedIO, type CapturedIO, type CapturedIOOptions } from './captured-io.js';
import { commandLibrary } from './command-library.js';
import { FakeStores } from './fake-stores.js';
import { ScriptedHttp } from './scripted-http.js';

export interface BindingOutcome extends CapturedIO {
  readonly code: number;
}

/** `schannel binding` with the library itself, on a scripted http.sys. */
export class BindingMachine {
  readonly http = new ScriptedHttp();
  readonly stores = new FakeStores();
  readonly #library: BindingLibrary = {
    listBindings: (query) => bindings.listBindings(query, this.http),
    readBinding: (key) => bindings.readBinding(key, this.http),
    setBinding: (settings, options) => bindings.setBinding(settings, options, this.http),
    removeBinding: (key, options) => bindings.removeBinding(key, options, this.http),
    replaceCertificate: (from, to, options) => bindings.replaceCertificate(from, to, options, this.http),
    moveBindings: (from, to, options) => bindings.moveBindings(from, to, options, this.http),
    bindingListeners: (binding) => bindingListeners(binding, this.http),
    extendedParameters: (key) => bindings.extendedParameters(key, this.http),
    checkBinding: (key) => checkBinding(key, this.http),
  };

  async run(args: readonly string[], options: CapturedIOOptions = {}): Promise<BindingOutcome> {
    const io = capturedIO(options);
    const none = undefined;
    const library = commandLibrary(this.stores, none, none, none, none, none, none, none, this.#library);
    return { ...io, code: await run(['binding', ...args], '1', library, io) };
  }
}
