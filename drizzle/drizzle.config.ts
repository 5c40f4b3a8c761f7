/**
 * What drizzle-kit reads to write migrations: `npx drizzle-kit generate --config drizzle/drizzle.config.ts`.
 *
 * Migrations are generated, committed and never edited: one that a user has run must stay as it was.
 */
import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./drizzle/sqlite/schema.ts",
  out: "./drizzle/sqlite/migrations",
});
