/** A build of the library that has no types of its own. */
declare module "turndown/lib/turndown.browser.es.js" {
  export { default } from "turndown";
}
