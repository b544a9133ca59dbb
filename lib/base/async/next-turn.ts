/**
 * setImmediate() as it was when this module was loaded. node:tls does in C++ what needs another turn of the event loop
 * here, and that goes on while tests of a program have replaced its timers.
 */
export const nextTurn = setImmediate;
