import { listOf, numberOf, type RegistryValue } from '../registry/registry-value.js';
import type { Change, ChangeValue, TakesEffect } from './change.js';
import {
  FIPS_KEY,
  GROUPS_VALUE,
  LOCAL_SUITES_KEY,
  PROTOCOLS_KEY,
  SCHANNEL_KEY,
  SUITES_VALUE,
} from './keys.js';

/** A kind of value that this library sets. */
interface Setting {
  readonly key: string;
  readonly names: readonly string[];
  readonly takesEffect: TakesEffect;
  readonly isList: boolean;
}

/** Stands for the key of a version and role. */
const VERSION = `${PROTOCOLS_KEY}\\*`;

const number = (key: string, takesEffect: TakesEffect, ...names: readonly string[]): Setting => ({
  ...{ key, names, takesEffect, isList: false },
});

/** No other value is ever written, whatever a plan or a file says. */
const SETTINGS: readonly Setting[] = [
  number(VERSION, 'new credentials', 'Enabled', 'DisabledByDefault'),
  number(SCHANNEL_KEY, 'restart of the service', 'ClientAuthTrustMode'),
  number(SCHANNEL_KEY, 'reboot', 'EventLogging'),
  number(FIPS_KEY, 'reboot', 'Enabled'),
  { key: LOCAL_SUITES_KEY, names: [SUITES_VALUE, GROUPS_VALUE], takesEffect: 'reboot', isList: true },
];

/** Names of keys and values have no case. */
const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function settingOf(key: string, name: string): Setting | undefined {
  const place = isVersionKey(key) ? VERSION : key;
  return SETTINGS.find(
    (setting) => sameName(setting.key, place) && setting.names.some((each) => sameName(each, name)),
  );
}

export const isSetting = (key: string, name: string): boolean => settingOf(key, name) !== undefined;

export const takesEffect = (key: string, name: string): TakesEffect =>
  settingOf(key, name)?.takesEffect ?? 'reboot';

export const changeOf = (key: string, name: string, now: ChangeValue, then: ChangeValue): Change => ({
  ...{ key, name, now, then, takesEffect: takesEffect(key, name) },
});

/** The value as a policy has it: null too if it has a type that Windows does not read there. */
export const settingValue = (key: string, name: string, value: RegistryValue | null): ChangeValue =>
  settingOf(key, name)?.isList === true ? listOf(value) : numberOf(value);

/** The key of a version, or of one of its roles. */
export const isVersionKey = (key: string): boolean =>
  key.toLowerCase().startsWith(`${PROTOCOLS_KEY.toLowerCase()}\\`) &&
  /^(SSL [23]|TLS 1|DTLS 1)\.[0-3](\\(Client|Server))?$/i.test(key.slice(PROTOCOLS_KEY.length + 1));

export const isSuiteList = (key: string, name: string): boolean =>
  sameName(key, LOCAL_SUITES_KEY) && sameName(name, SUITES_VALUE);
