/** `node:string_decoder`: the package of that name. */
import { StringDecoder } from "string_decoder/";

export default { StringDecoder };
