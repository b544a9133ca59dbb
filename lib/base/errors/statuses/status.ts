/** One row of the status table: number, name, meaning, and, if something can be done, what to do. */
export type StatusRow = readonly [status: number, name: string, meaning: string, remedy?: string];
