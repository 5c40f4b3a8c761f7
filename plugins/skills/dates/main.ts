/** The skill's two tools. They need no rights: everything is computed inside the isolate. */
import { defineSkill, defineTool } from "openclaw/sdk";
import { addMonths, formatDay, isoWeek, parseDay, weekday, workingDays, type Day } from "./calendar.ts";

const dateBetween = defineTool({
  name: "date_between",
  description: "Exact number of days, weeks and working days from one date to another.",
  parameters: {
    type: "object",
    properties: {
      from: { type: "string", description: "First date, YYYY-MM-DD" },
      to: { type: "string", description: "Second date, YYYY-MM-DD" },
    },
    required: ["from", "to"],
    additionalProperties: false,
  },
  execute({ from, to }) {
    const [first, last] = [parseDay(from), parseDay(to)];
    const days = last - first;
    const weeks = Math.trunc(days / 7);
    return [
      `From ${describeDay(first)} to ${describeDay(last)}: ${days} days`,
      `That is ${weeks} weeks and ${days - weeks * 7} days`,
      `Working days (Monday to Friday, without the first day): ${workingDays(first, last)}`,
    ].join("\n");
  },
});

const dateAdd = defineTool({
  name: "date_add",
  description: "The date so many days, weeks or months after (or, with negative numbers, before) another.",
  parameters: {
    type: "object",
    properties: {
      date: { type: "string", description: "Date to start from, YYYY-MM-DD" },
      days: { type: "integer", minimum: -3_000_000, maximum: 3_000_000 },
      weeks: { type: "integer", minimum: -400_000, maximum: 400_000 },
      months: { type: "integer", minimum: -120_000, maximum: 120_000 },
    },
    required: ["date"],
    additionalProperties: false,
  },
  execute({ date, days = 0, weeks = 0, months = 0 }) {
    const start = parseDay(date);
    const moved = addMonths(start, months) + weeks * 7 + days;
    return `${describeDay(start)} → ${describeDay(moved)}`;
  },
});

function describeDay(day: Day): string {
  return `${weekday(day)} ${formatDay(day)} (${isoWeek(day)})`;
}

export default defineSkill({ tools: [dateBetween, dateAdd] });
