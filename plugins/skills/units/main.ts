/** The skill's tool. It needs no rights: everything is computed inside the isolate. */
import { defineSkill, defineTool } from "openclaw/sdk";
import { convert, findUnit, formatNumber } from "./units.ts";

const convertUnits = defineTool({
  name: "convert_units",
  description:
    "Convert a number from one unit to another: length, area, volume, mass, temperature, speed, time, data, energy, power, pressure, angle.",
  parameters: {
    type: "object",
    properties: {
      value: { type: "number" },
      from: { type: "string", description: "Symbol or name, for example mi, cup, °F, km/h" },
      to: { type: "string", description: "Symbol or name of the unit that is wanted" },
    },
    required: ["value", "from", "to"],
    additionalProperties: false,
  },
  execute({ value, from, to }) {
    const [given, wanted] = [findUnit(from), findUnit(to)];
    const result = convert(value, given, wanted);
    return `${formatNumber(value)} ${given.symbol} = ${formatNumber(result)} ${wanted.symbol}`;
  },
});

export default defineSkill({ tools: [convertUnits] });
