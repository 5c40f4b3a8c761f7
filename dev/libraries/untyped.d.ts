/** Libraries without types of their own, as far as they are tried. */

declare module "turndown" {
  export default class TurndownService {
    constructor(options?: { readonly headingStyle?: "atx" | "setext" });
    turndown(content: Node | string): string;
  }
}
