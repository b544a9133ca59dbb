import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName } from '@peculiar/asn1-x509';
import { objectIdentifier, tagged, utf8String } from '../asn1/der-writer.js';
import type { AlternativeNames } from './alternative-names.js';
import { UPN } from './extensions.js';

/** Alternative names as the library for ASN.1 has them. */
export const generalNames = ({ dns, ip, email, upn, uri }: AlternativeNames): GeneralName[] => [
  ...dns.map((dNSName) => new GeneralName({ dNSName })),
  ...ip.map((iPAddress) => new GeneralName({ iPAddress })),
  ...email.map((rfc822Name) => new GeneralName({ rfc822Name })),
  ...upn.map(principalName),
  ...uri.map((uniformResourceIdentifier) => new GeneralName({ uniformResourceIdentifier })),
];

/** OtherName of the type szOID_NT_PRINCIPAL_NAME: [0] { type, [0] UTF8String }. */
const principalName = (name: string): GeneralName =>
  AsnConvert.parse(tagged(0, objectIdentifier(UPN), tagged(0, utf8String(name))), GeneralName);
