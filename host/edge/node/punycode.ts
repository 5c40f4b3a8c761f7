/** `node:punycode`: unenv's copy of the package. */
import punycode from "unenv/node/punycode";

export default punycode;
