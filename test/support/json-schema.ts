/** The part of JSON Schema (draft 7) that the schemas of this package use. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
};

/** Where a value is not as the schema says, as paths with reasons. */
export function schemaFaults(value: unknown, schema: JsonSchema, root = schema, at = '$'): string[] {
  if (schema.$ref !== undefined) {
    const definition = root.definitions?.[schema.$ref.replace('#/definitions/', '')];
    return definition === undefined
      ? [`${at}: no ${schema.$ref}`]
      : schemaFaults(value, definition, root, at);
  }
  const faults: string[] = [];
  if (schema.type !== undefined && ![schema.type].flat().includes(typeOf(value)))
    faults.push(`${at}: ${typeOf(value)}`);
  if ('const' in schema && value !== schema.const) faults.push(`${at}: not ${String(schema.const)}`);
  if (schema.enum !== undefined && !schema.enum.includes(value))
    faults.push(`${at}: ${String(value)} is not listed`);
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))
      faults.push(`${at}: out of range`);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    faults.push(...value.flatMap((each, index) => schemaFaults(each, items, root, `${at}[${index}]`)));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    faults.push(
      ...(schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name}: missing`),
    );
    for (const [name, each] of Object.entries(value)) {
      const property = schema.properties?.[name];
      if (property !== undefined) faults.push(...schemaFaults(each, property, root, `${at}.${name}`));
      else if (schema.additionalProperties === false) faults.push(`${at}.${name}: unknown`);
    }
  }
  return faults;
}
