/** Node's timers for bundles with libraries, which unreference them. Code without libraries has the web's numbers. */
export { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
