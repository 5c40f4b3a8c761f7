/** Linux's numbers, from unenv. */
import os from "unenv/node/os";

export default os.constants;
