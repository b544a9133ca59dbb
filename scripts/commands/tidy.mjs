import { tidy as tidyAll } from '../steps/clang-tidy.mjs';
import { setUp } from '../steps/setup.mjs';
import { Progress } from '../support/progress.mjs';

/** `npm run tidy` */
export default async function tidy() {
  await setUp({});
  await new Progress().track('clang-tidy', tidyAll);
  return 0;
}
