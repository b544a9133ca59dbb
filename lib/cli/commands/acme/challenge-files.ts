import path from 'node:path';

/** The folder of a challenge server, as an argument. */
export const SERVER_FOLDER_ARGUMENT = '<folder>';
export const SERVER_FOLDER_MEANING = 'folder of the challenge server';

export const clientsIn = (folder: string): string => path.join(folder, 'clients.json');
export const recordsIn = (folder: string): string => path.join(folder, 'records');
