/** `node:querystring`: unenv's port of Node's. */
import querystring from "unenv/node/querystring";

export default querystring;
