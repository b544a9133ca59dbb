/** What stands in a CAA record after "issue" (RFC 8659 §4.2), and in a record of dns-persist-01. */
export interface IssueValue {
  /** The authority, in lower case; '' for none. */
  readonly issuer: string;
  /** By their tags in lower case: 'accounturi', 'validationmethods', 'policy'. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** 'ca.example; accounturi=https://ca.example/account/1' */
export function readIssueValue(value: string): IssueValue {
  const [issuer = '', ...parameters] = value.split(';').map((part) => part.trim());
  const pairs = parameters.map((each) => each.split(/=(.*)/s, 2).map((part) => part.trim()));
  return {
    issuer: issuer.toLowerCase(),
    parameters: new Map(pairs.map(([tag = '', content = '']) => [tag.toLowerCase(), content])),
  };
}
