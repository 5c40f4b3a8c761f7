/** Of Papa Parse, what is used here. */
declare module "papaparse" {
  interface ParseResult {
    readonly data: string[][];
    readonly errors: readonly { readonly message: string; readonly row?: number }[];
    readonly meta: { readonly delimiter: string };
  }
  const Papa: {
    parse(text: string, options: { skipEmptyLines: "greedy"; preview: number }): ParseResult;
  };
  export default Papa;
}
