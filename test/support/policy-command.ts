import { readFile } from 'node:fs/promises';
import { checkPolicyOf } from '#lib/apps/policy-check/check-policy.js';
import type { Authority } from '#lib/apps/policy-check/machine.js';
import type { PolicyLibrary } from '#lib/cli/command-context.js';
import type { NativeLoggedEvent } from '#lib/native/service-binding.js';
import { readBinding } from '#lib/apps/binding/bindings.js';
import { run } from '#lib/cli/program.js';
import { applyChangeTo, undoChangeOf } from '#lib/windows/policy/apply-change.js';
import { diffPolicy } from '#lib/windows/policy/diff-policy.js';
import { planChange } from '#lib/windows/policy/plan-change.js';
import { readPolicyOf } from '#lib/windows/policy/read-policy.js';
import { schannelEventsOf } from '#lib/windows/policy/schannel-events.js';
import { capturedIO, type CapturedIO, type CapturedIOOptions } from './captured-io.js';
import { commandLibrary, NO_BINDING } from './command-library.js';
import { ScriptedHttp } from './scripted-http.js';
import { ScriptedRegistry, scriptedPolicySystem, type ScriptedWindows } from './scripted-policy.js';

/** `schannel policy` on a machine with a registry in memory. */
export class PolicyMachine {
  readonly registry = new ScriptedRegistry();
  /** What is in the event log. */
  readonly events: NativeLoggedEvent[] = [];
  /** What is in LocalMachine\\Root. */
  readonly roots: Authority[] = [];
  readonly library: PolicyLibrary;
  readonly http = new ScriptedHttp();

  constructor(windows: ScriptedWindows = {}) {
    const system = scriptedPolicySystem(this.registry, windows);
    this.library = {
      readPolicy: () => readPolicyOf(system),
      checkPolicy: () =>
        checkPolicyOf({
          policy: system,
          authorities: (store) => Promise.resolve(store === 'Root' ? this.roots : []),
        }),
      schannelEvents: (options) =>
        schannelEventsOf(
          { readEvents: (_channel, _query, _most, done) => done({ value: this.events }) },
          options,
        ),
      diffPolicy,
      planChange,
      applyChange: (changes, options) => applyChangeTo(system, changes, options),
      undoChange: async (file, options) => undoChangeOf(system, await readFile(file), options),
    };
  }

  async run(
    args: readonly string[],
    options: CapturedIOOptions = {},
  ): Promise<CapturedIO & { readonly code: number }> {
    const io = capturedIO(options);
    const binding = { ...NO_BINDING, readBinding: (key: string) => readBinding(key, this.http) };
    const library = { ...commandLibrary(), policy: this.library, binding };
    return { ...io, code: await run(['policy', ...args], '1', library, io) };
  }
}
