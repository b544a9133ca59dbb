import type { OtherValue, Policy } from '../../windows/policy/read-policy.js';
import { deleteCommand, finding, type PolicyFinding } from './finding.js';

/** What is to know about settings that other programs read. */
export function stackFindings({ otherStacks }: Policy): PolicyFinding[] {
  const winHttp = otherStacks.filter(({ name }) => name === 'DefaultSecureProtocols');
  const set = winHttp.filter(({ value }) => value !== null);
  return [
    ...set
      .filter(isOldWinHttp)
      .map((each) =>
        finding(
          'warning',
          'WINHTTP_OLD',
          `Programs on WinHTTP offer neither TLS 1.2 nor 1.3 (DefaultSecureProtocols is 0x${(each.value ?? 0).toString(16)}).`,
          mend(each),
        ),
      ),
    ...(set.length > 0 && new Set(winHttp.map(({ value }) => value)).size > 1
      ? [
          finding(
            'note',
            'WINHTTP_DIVIDED',
            'Programs on WinHTTP with 32 and with 64 bits have different versions (DefaultSecureProtocols).',
            { cause: set.map(({ key }) => `HKLM\\${key}`).join(', '), remedy: 'Set both, or neither.' },
          ),
        ]
      : []),
    ...otherStacks
      .filter(
        ({ name, value }) => /^(SchUseStrongCrypto|SystemDefaultTlsVersions)$/.test(name) && value === 0,
      )
      .map((each) =>
        finding(
          'warning',
          'DOTNET_OLD',
          `${each.name} is 0: programs on the .NET Framework do not use the versions of Windows, and may offer TLS 1.0 only.`,
          mend(each),
        ),
      ),
  ];
}

const TLS12_OR_LATER = 0x800 | 0x2000;

const isOldWinHttp = ({ value }: OtherValue): boolean => ((value ?? 0) & TLS12_OR_LATER) === 0;

const mend = ({ key, name }: OtherValue): Pick<PolicyFinding, 'cause' | 'command'> => ({
  cause: `HKLM\\${key}\\${name}`,
  command: deleteCommand(key, name),
});
