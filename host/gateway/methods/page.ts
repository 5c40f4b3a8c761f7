/** `page.ticket`: an address that opens the page signed in, for `openclaw dashboard`. */
import * as v from "valibot";
import type { PageAddress } from "#host/gateway/protocol/page.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

export function ticketMethod(mint: () => PageAddress): AnyMethod {
  return defineMethod({
    name: "page.ticket",
    scope: "operator.admin",
    params: v.strictObject({}),
    run: mint,
  });
}
