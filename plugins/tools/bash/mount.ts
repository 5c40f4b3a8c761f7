/** Where the workspace lies for a script. */
export const MOUNT = "/workspace";
