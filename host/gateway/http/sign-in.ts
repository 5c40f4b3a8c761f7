/**
 * Signing in to the page: a ticket or the token for a cookie. Both arrive in a body, never in an address.
 */
import { Hono, type Context, type MiddlewareHandler } from "hono";
import * as v from "valibot";
import type { Door } from "#host/gateway/door.ts";
import type { SignIn } from "#host/gateway/sign-in.ts";

const ticketBody = v.strictObject({ ticket: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) });
const tokenBody = v.strictObject({ token: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)) });

export function signInRoutes(
  { signIn, tickets, pages }: Pick<Door, "signIn" | "tickets" | "pages">,
  body: MiddlewareHandler,
): Hono {
  const app = new Hono();

  async function welcome(c: Context) {
    c.header("Set-Cookie", await pages.issue());
    return c.json({ ok: true });
  }

  app.post("/ticket", body, async (c) => {
    const body = v.safeParse(ticketBody, await readJson(c));
    if (!body.success) return refuse(c, 400, "invalid", 'Cannot sign in: the body must be {"ticket": "…"}');
    if (signIn.limited()) return refuse(c, 429, "limited", waitText(signIn));
    if (tickets.redeem(body.output.ticket)) return welcome(c);
    signIn.failed();
    return refuse(
      c,
      401,
      "ticket",
      "Cannot sign in: this address was used already or is too old. Ask for a new one with `openclaw dashboard`",
    );
  });

  app.post("/token", body, async (c) => {
    const body = v.safeParse(tokenBody, await readJson(c));
    if (!body.success) return refuse(c, 400, "invalid", 'Cannot sign in: the body must be {"token": "…"}');
    const check = signIn.check(body.output.token);
    if (check === "ok") return welcome(c);
    if (check === "limited") return refuse(c, 429, "limited", waitText(signIn));
    return refuse(c, 401, "token", 'Cannot sign in: this is not the token in "gateway.auth.token"');
  });

  app.post("/logout", async (c) => {
    c.header("Set-Cookie", await pages.end(c.req.header("cookie") ?? null));
    return c.json({ ok: true });
  });
  return app;
}

function refuse(c: Context, status: 400 | 401 | 429, type: string, message: string) {
  return c.json({ ok: false, error: { type, message } }, status);
}

function waitText(signIn: SignIn): string {
  const seconds = Math.ceil(signIn.retryAfterMs() / 1000);
  return `Cannot sign in now: too many wrong tries. Wait ${seconds} s`;
}

async function readJson(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}
