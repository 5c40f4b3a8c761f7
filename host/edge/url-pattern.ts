/** `URLPattern` (URL Pattern standard), by urlpattern-polyfill. */
export { URLPattern } from "urlpattern-polyfill/urlpattern";
