declare module 'node-forge/lib/rc2.js' {
  /** Bytes as the characters of a string, one each. */
  interface ByteSource {
    getBytes(): string;
  }
  interface Cipher {
    readonly output: ByteSource;
    start(iv: string): void;
    update(input: ByteSource): void;
  }
  const rc2: { createDecryptionCipher(key: string, effectiveBits: number): Cipher };
  export default rc2;
}
