/** The entry point `schannel/probe`: what a TLS server accepts. It works on any system. */
export { diffReports, type Difference } from './apps/probe/diff.js';
export type { Finding, Severity } from './apps/probe/findings.js';
export { PROBE_CHECKS, type ProbeCheck } from './apps/probe/checks.js';
export { probe, type ProbeOptions } from './apps/probe/probe.js';
export { grade, PROFILES, type ProfileName } from './apps/probe/profiles.js';
export type {
  CertificateReport,
  ChainedCertificate,
  FeaturesReport,
  GroupsReport,
  OcspReport,
  ProbeReport,
  Refusal,
  ReportedTarget,
  ResumptionReport,
  SignaturesReport,
  SuiteReport,
  ToleranceReport,
  VersionReport,
} from './apps/probe/report.js';
export type { ProbeServer, ProbeTarget } from './apps/probe/target.js';
