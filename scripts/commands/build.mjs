import { setUp } from '../steps/setup.mjs';

/** `npm run build` */
export default async function build() {
  await setUp({ library: true, tests: true });
  return 0;
}
