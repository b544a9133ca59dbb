export { connect, type ClientSessionOptions } from './connect.js';
export { createSecureServer, Http2SecureServer, type SecureServerOptions } from './server.js';
