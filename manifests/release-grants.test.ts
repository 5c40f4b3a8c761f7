/**
 * Every built-in plugin beside what this release grants to it. A right that stands on one side only is
 * named: widening one takes two visible edits, and neither may be forgotten.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { formatIssue } from "./issue.ts";
import { parseGrant, parseManifest } from "./parse.ts";
import type { Permissions } from "./permissions.ts";
import { missingLines } from "./rights.ts";

const KINDS = ["channels", "skills", "tools"] as const;

/** Requests that the release leaves to the owner, each with its reason. */
const LEFT_TO_THE_OWNER: Readonly<Record<string, string>> = {};

const repository = new URL("../", import.meta.url);

function asked(kind: string, id: string): Permissions | undefined {
  const file = `plugins/${kind}/${id}/openclaw.plugin.json`;
  const parsed = parseManifest(readFileSync(new URL(file, repository)), file);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.issues.map(formatIssue).join("\n"));
  assert.equal(parsed.manifest.id, id, `${file} must have its folder's name as id`);
  return parsed.manifest.permissions;
}

function granted(kind: string, id: string): Permissions | undefined {
  const file = new URL(`manifests/${kind}/${id}.json`, repository);
  if (!existsSync(file)) return undefined;
  const parsed = parseGrant(readFileSync(file), `manifests/${kind}/${id}.json`);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.issues.map(formatIssue).join("\n"));
  return parsed.permissions;
}

function names(folder: string, ending: string): string[] {
  return readdirSync(new URL(folder, repository))
    .filter((name) => name.endsWith(ending) && !name.startsWith("."))
    .map((name) => name.slice(0, name.length - ending.length));
}

/** `kind/id: line` for every right that `one` names and `other` lacks. */
function onlyIn(one: typeof asked, other: typeof asked, kind: string, id: string): string[] {
  return missingLines(one(kind, id), other(kind, id)).map((line) => `${kind}/${id}: ${line}`);
}

function plugins(kind: string): string[] {
  return names(`plugins/${kind}/`, "").filter((id) =>
    existsSync(new URL(`plugins/${kind}/${id}/openclaw.plugin.json`, repository)),
  );
}

test("there are built-in plugins and grants to compare", () => {
  assert.ok(KINDS.flatMap((kind) => plugins(kind)).length >= 2);
  assert.ok(KINDS.flatMap((kind) => names(`manifests/${kind}/`, ".json")).length >= 2);
});

test("every right that a built-in plugin asks for is granted by the release", () => {
  const missing = KINDS.flatMap((kind) => plugins(kind).flatMap((id) => onlyIn(asked, granted, kind, id)));
  assert.deepEqual(
    missing.filter((line) => LEFT_TO_THE_OWNER[line] === undefined),
    [],
  );
});

test("every right that the release grants is asked for", () => {
  const unasked = KINDS.flatMap((kind) =>
    names(`manifests/${kind}/`, ".json").flatMap((id) => onlyIn(granted, asked, kind, id)),
  );
  assert.deepEqual(unasked, []);
});
