import type * as acme from '../acme.js';
import type * as binding from '../binding.js';
import type * as devCert from '../apps/dev-cert/dev-cert.js';
import type * as selfTest from '../apps/doctor/diagnose.js';
import type * as doctor from '../doctor.js';
import type * as proxy from '../adapters/proxy/index.js';
import type * as starttls from '../adapters/starttls/index.js';
import { native } from '../native/load.js';
import type * as pki from '../pki.js';
import type * as policy from '../policy.js';
import type * as service from '../service.js';
import type * as store from '../store.js';
import type * as connecting from '../tls/connect.js';
import type * as tunnel from '../tunnel.js';
import type * as web from '../web.js';
import type * as portOwner from '../windows/port/port-owner.js';
import type * as workers from './workers.js';
import type { CommandLibrary } from './command-context.js';

/* eslint-disable @typescript-eslint/no-require-imports -- modules that only some commands need have no other
   synchronous way from CommonJS */

/** What the commands use of this library; each loads only its part. */
export const library: CommandLibrary = {
  tls: {
    ready: native,
    get connect() {
      return (require('../tls/connect.js') as typeof connecting).connect;
    },
    get startTls() {
      return (require('../adapters/starttls/index.js') as typeof starttls).startTls;
    },
    get connectThrough() {
      return (require('../adapters/proxy/index.js') as typeof proxy).connectThrough;
    },
  },
  get certificates() {
    return require('../store.js') as typeof store;
  },
  get requests() {
    return require('../pki.js') as typeof pki;
  },
  get web() {
    return require('../web.js') as typeof web;
  },
  get tunnel() {
    return require('../tunnel.js') as typeof tunnel;
  },
  get service() {
    return require('../service.js') as typeof service;
  },
  get binding() {
    return require('../binding.js') as typeof binding;
  },
  get workers() {
    return (require('./workers.js') as typeof workers).WORKERS;
  },
  get whyNotListen() {
    return (require('../windows/port/port-owner.js') as typeof portOwner).whyNotListen;
  },
  get policy() {
    return require('../policy.js') as typeof policy;
  },
  get diagnose() {
    return (require('../apps/doctor/diagnose.js') as typeof selfTest).diagnose;
  },
  get doctor() {
    return require('../doctor.js') as typeof doctor;
  },
  get acme() {
    return require('../acme.js') as typeof acme;
  },
  get devCert() {
    return require('../apps/dev-cert/dev-cert.js') as typeof devCert;
  },
};
