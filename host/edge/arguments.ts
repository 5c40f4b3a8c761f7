/**
 * Checks a tool call's arguments against what the tool declares, before the tool sees them.
 *
 * A schema of the Standard Schema family (valibot) validates itself, and its output is what the tool gets. A
 * JSON Schema is checked without generating code. A problem is data: it names the argument and the rule, so
 * that the model can call again.
 */
import { Validator } from "@cfworker/json-schema";
import { isStandardSchema } from "#host/sdk/tool.ts";
import type { JsonSchema, ToolParameters } from "#host/sdk/parameters.ts";
import type { StandardIssue } from "#host/sdk/standard-schema.ts";

export type CheckedArguments =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** Problems told at once: enough to repair a call, short enough to read. */
const MAX_PROBLEMS = 5;

export async function checkArguments(parameters: ToolParameters, args: unknown): Promise<CheckedArguments> {
  if (isStandardSchema(parameters)) {
    const result = await parameters["~standard"].validate(args);
    if (result.issues === undefined) return { ok: true, value: result.value };
    return refuse(result.issues.map((issue) => ({ where: issuePath(issue), rule: issue.message })));
  }
  const problems = jsonSchemaProblems(parameters, args);
  return problems.length === 0 ? { ok: true, value: args } : refuse(problems);
}

interface Problem {
  readonly where: string;
  readonly rule: string;
}

function refuse(problems: readonly Problem[]): CheckedArguments {
  const lines = problems
    .slice(0, MAX_PROBLEMS)
    .map(({ where, rule }) => (where === "" ? rule : `argument "${where}": ${rule}`));
  return { ok: false, problem: lines.join("; ") };
}

function issuePath(issue: StandardIssue): string {
  const keys = (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part));
  return keys.map(String).join(".");
}

const validators = new WeakMap<JsonSchema, Validator>();

function validatorOf(schema: JsonSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const validator = new Validator(schema as object, "2020-12", false);
  validators.set(schema, validator);
  return validator;
}

/** Errors that only say that something inside is wrong; the inside has its own. */
const WRAPPERS = new Set(["properties", "items", "prefixItems", "additionalProperties", "patternProperties"]);

function jsonSchemaProblems(schema: JsonSchema, args: unknown): Problem[] {
  const { valid, errors } = validatorOf(schema).validate(args);
  if (valid) return [];
  const telling = errors.filter((error) => !WRAPPERS.has(error.keyword));
  return (telling.length > 0 ? telling : errors).map((error) => ({
    where: error.instanceLocation.replace(/^#\/?/, "").replaceAll("/", "."),
    rule:
      error.keyword === "false" ? notTaken(schema, error.instanceLocation) : error.error.replace(/\.$/, ""),
  }));
}

/** For what `additionalProperties: false` refuses; the validator only says "False boolean schema". */
function notTaken(schema: JsonSchema, location: string): string {
  const isNested = location.lastIndexOf("/") > 1;
  const names = isNested ? [] : Object.keys((schema as { readonly properties?: object }).properties ?? {});
  return names.length === 0 ? "is not taken" : `is not taken; those that are: ${names.join(", ")}`;
}
