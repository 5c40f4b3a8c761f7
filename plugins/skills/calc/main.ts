/** The skill's tool. It needs no rights: everything is computed inside the isolate. */
import { defineSkill, defineTool } from "openclaw/sdk";
import { evaluate } from "./expression.ts";
import { toDecimal } from "./fraction.ts";

const MAX_EXPRESSIONS = 20;
/** Digits behind the point where a decimal does not end. */
const DIGITS = 20;
/** A decimal that ends is shown whole up to here. */
const EXACT_DIGITS = 60;

const calculate = defineTool({
  name: "calculate",
  description:
    "Work out arithmetic exactly: + - * / ^ ( ), mod, % for percent, ! for factorials. Several expressions, separated by semicolons, are answered one a line.",
  parameters: {
    type: "object",
    properties: {
      expression: { type: "string", description: "For example (1234.5 - 15%) * 3; 2^100" },
    },
    required: ["expression"],
    additionalProperties: false,
  },
  execute({ expression }) {
    const parts = expression.split(/[;\n]/).map((part) => part.trim());
    const asked = parts.filter((part) => part !== "");
    if (asked.length === 0)
      throw new RangeError("Cannot calculate nothing: give an expression such as 2 + 3");
    if (asked.length > MAX_EXPRESSIONS)
      throw new RangeError(
        `Cannot calculate ${asked.length} expressions at once: at most ${MAX_EXPRESSIONS}`,
      );
    return asked.map((part) => `${part} = ${result(part)}`).join("\n");
  },
});

function result(text: string): string {
  const value = evaluate(text);
  const exact = toDecimal(value, EXACT_DIGITS);
  if (exact.isExact) return exact.text;
  return `${toDecimal(value, DIGITS).text}… (rounded; exactly ${value.above}/${value.below})`;
}

export default defineSkill({ tools: [calculate] });
