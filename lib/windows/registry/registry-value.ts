/** A value of the registry: type and data as they are there. */
export interface RegistryValue {
  /** REG_*. */
  readonly type: number;
  readonly data: Uint8Array;
}

/** REG_* of winnt.h. */
export const REG = {
  none: 0,
  text: 1,
  expandText: 2,
  binary: 3,
  number: 4,
  list: 7,
  longNumber: 11,
} as const;

/** What a value says; null if it is absent, or of a type that has neither a number nor texts. */
export type RegistryContent = number | string | readonly string[] | null;

export function contentOf(value: RegistryValue | null): RegistryContent {
  if (value === null) return null;
  const data = Buffer.from(value.data);
  switch (value.type) {
    case REG.number:
      return data.length >= 4 ? data.readUInt32LE(0) : null;
    case REG.longNumber:
      return data.length >= 8 ? Number(data.readBigUInt64LE(0)) : null;
    case REG.text:
    case REG.expandText:
      return textOf(data);
    case REG.list:
      return textsOf(data);
    default:
      return null;
  }
}

/** Without what stands after the first NUL: the end that Windows counts, and anything behind it. */
const textOf = (data: Buffer): string => data.toString('utf16le').split('\0', 1)[0] ?? '';

/** An empty text ends a list. Tools sometimes leave it out. */
function textsOf(data: Buffer): string[] {
  const texts = data.toString('utf16le').split('\0');
  const end = texts.indexOf('');
  return end === -1 ? texts : texts.slice(0, end);
}

export const numberOf = (value: RegistryValue | null): number | null => {
  const content = contentOf(value);
  return typeof content === 'number' ? content : null;
};

/** The texts of a list, or of a text with commas: the editor of group policies writes this form, scripts the other. */
export function listOf(value: RegistryValue | null): readonly string[] | null {
  const content = contentOf(value);
  if (content === null || typeof content === 'number') return null;
  const texts = typeof content === 'string' ? content.split(',') : content;
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}

export function numberValue(content: number): RegistryValue {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(content);
  return { type: REG.number, data };
}

export const listValue = (texts: readonly string[]): RegistryValue => ({
  type: REG.list,
  data: Buffer.from([...texts, ''].map((text) => `${text}\0`).join(''), 'utf16le'),
});

/** The same type and bytes; null is an absent value. */
export const sameValue = (a: RegistryValue | null, b: RegistryValue | null): boolean =>
  a === null || b === null
    ? a === b
    : a.type === b.type && Buffer.compare(Buffer.from(a.data), Buffer.from(b.data)) === 0;
