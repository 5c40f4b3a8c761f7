/** The page and its files. */
import { Hono } from "hono";
import type { PageAssets } from "#host/gateway/assets.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

export function pageRoutes(page: PageAssets): Hono {
  const app = new Hono();
  app.get("/", (c) => c.html(page.html));
  app.get("/assets/:name", (c) => {
    const asset = page.asset(c.req.param("name"));
    if (asset === null) return c.notFound();
    return c.body(asset.body, 200, {
      "Content-Type": asset.contentType,
      "Cache-Control": asset.immutable ? FOR_EVER : "no-cache",
    });
  });
  return app;
}
