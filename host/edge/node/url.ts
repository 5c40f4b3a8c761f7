/** `node:url`: the isolate's own URL, and unenv's port of Node's older functions. */
import url from "unenv/node/url";

export default { ...url, URL, URLSearchParams };
