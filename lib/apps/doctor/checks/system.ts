import { arch, release, version as systemVersion } from 'node:os';
import { capabilitiesOf } from '../../../native/capabilities.js';
import { type Check, type CheckContext, type Finding, works } from '../check.js';

/** What runs here. */
export const SYSTEM_CHECKS: readonly Check[] = [
  {
    id: 'system',
    title: 'What runs here?',
    writes: false,
    vital: true,
    run({ native, version }: CheckContext): Promise<Finding> {
      const { build, wine } = native.platform;
      const name = wine === null ? systemVersion() : `Wine ${wine}`;
      return Promise.resolve(
        works(`${name}, build ${build}, node ${process.version}, add-on ${native.version}.`, {
          windows: systemVersion(),
          release: release(),
          build,
          wine,
          arch: arch(),
          node: process.version,
          openssl: process.versions.openssl,
          napi: process.versions['napi'] ?? null,
          package: version,
          addon: native.version,
          desktop: native.hasDesktop(),
          capabilities: { ...capabilitiesOf(native.platform) },
        }),
      );
    },
  },
];
