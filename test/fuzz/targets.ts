import type { FuzzTarget } from './target.js';
import * as acmeAnswer from './targets/acme-answer.js';
import * as acmeJournal from './targets/acme-journal.js';
import * as bindingKey from './targets/binding-key.js';
import * as certificate from './targets/certificate.js';
import * as crl from './targets/crl.js';
import * as dns from './targets/dns.js';
import * as hello from './targets/hello.js';
import * as material from './targets/material.js';
import * as pem from './targets/pem.js';
import * as pfx from './targets/pfx.js';
import * as prelogin from './targets/prelogin.js';
import * as proxyAnswer from './targets/proxy-answer.js';
import * as proxyHeader from './targets/proxy-header.js';
import * as records from './targets/records.js';
import * as regFile from './targets/reg-file.js';
import * as request from './targets/request.js';
import * as scep from './targets/scep.js';
import * as securityDescriptor from './targets/security-descriptor.js';
import * as serverFlight from './targets/server-flight.js';
import * as stapledResponse from './targets/stapled-response.js';
import * as starttlsClient from './targets/starttls-client.js';
import * as starttlsServer from './targets/starttls-server.js';
import * as stunnel from './targets/stunnel.js';
import * as tunnelFile from './targets/tunnel-file.js';

/** By the names of their files. */
export const TARGETS: Readonly<Record<string, FuzzTarget>> = {
  hello,
  'server-flight': serverFlight,
  records,
  certificate,
  crl,
  'stapled-response': stapledResponse,
  pem,
  pfx,
  material,
  request,
  scep,
  dns,
  'starttls-client': starttlsClient,
  'starttls-server': starttlsServer,
  prelogin,
  'proxy-answer': proxyAnswer,
  'proxy-header': proxyHeader,
  stunnel,
  'tunnel-file': tunnelFile,
  'acme-answer': acmeAnswer,
  'acme-journal': acmeJournal,
  'binding-key': bindingKey,
  'reg-file': regFile,
  'security-descriptor': securityDescriptor,
};
