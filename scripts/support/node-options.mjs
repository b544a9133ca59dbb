/**
 * The value of NODE_OPTIONS that loads modules before the program: in quotes, as a folder's name may have spaces.
 * @param {...string} modules paths of Windows or of this system
 */
export const requiring = (...modules) =>
  modules.map((module) => `--require "${module.replaceAll('\\', '/')}"`).join(' ');
