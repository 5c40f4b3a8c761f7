/** `Blob` and `File`. After the streams, which fetch-blob looks for, and before the fetch classes. */
import { Blob } from "fetch-blob";
import { File } from "fetch-blob/file.js";
import { defineGlobals } from "./define-globals.ts";

defineGlobals({ Blob, File });
