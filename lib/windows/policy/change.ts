/** A DWORD, a list (REG_MULTI_SZ), or null for no value. */
export type ChangeValue = number | readonly string[] | null;

/** When a change counts. Services keep their credentials until they start again. */
export type TakesEffect = 'new credentials' | 'restart of the service' | 'reboot';

/** A value of the registry as it is, and as it will be. */
export interface Change {
  /** Below HKEY_LOCAL_MACHINE. */
  readonly key: string;
  readonly name: string;
  readonly now: ChangeValue;
  readonly then: ChangeValue;
  readonly takesEffect: TakesEffect;
}
