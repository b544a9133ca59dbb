import { setUp } from '../steps/setup.mjs';
import { format as formatAll } from '../suites/lint.mjs';

/** `npm run format` */
export default async function format() {
  await setUp({});
  await formatAll();
  return 0;
}
