/** `URLPattern` (URL Pattern standard), by urlpattern-polyfill; its shape is made the standard's here. */
import { URLPattern } from "urlpattern-polyfill/urlpattern";
import { shape } from "./web-idl.ts";

shape("URLPattern", URLPattern);
// Of an earlier draft of the standard.
Reflect.deleteProperty(URLPattern, "compareComponent");

export { URLPattern };
