/** One row of the status table: number, name, what it means, and (where there is something to do) what to do. */
export type StatusRow = readonly [status: number, name: string, meaning: string, remedy?: string];
