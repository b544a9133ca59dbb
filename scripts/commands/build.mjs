import { mustSetUp } from '../steps/setup.mjs';

/** `npm run build` */
export default async function build() {
  await mustSetUp({ native: true, library: true, tests: true });
  return 0;
}
