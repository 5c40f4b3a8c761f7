/** Names of methods and statuses, from unenv. */
import http from "unenv/node/http";

export const { METHODS, STATUS_CODES } = http;
