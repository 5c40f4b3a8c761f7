/** `node:constants`: Linux's numbers, as names for what libraries compare. */
import constants from "unenv/node/constants";

export default constants;
