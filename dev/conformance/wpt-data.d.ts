/** The web-platform-tests' data, read when a suite is bundled; null in a clone that does not have it. */
declare module "wpt:*" {
  const data: unknown;
  export default data;
}
