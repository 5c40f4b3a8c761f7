/**
 * Units of measure and their factors, from the SI brochure, NIST SP 811 and IEC 80000-13.
 *
 * Guarantees that only units of one kind are converted, and that an unknown unit is refused with those that come near.
 * Factors are exact where the unit is defined so.
 */

export interface Unit {
  readonly kind: string;
  /** What it is called in an answer. */
  readonly symbol: string;
  /** Of the kind's base unit in one of it. */
  readonly factor: number;
  /** Added to a value of this unit before it is multiplied; for temperatures. */
  readonly offset: number;
}

/** `symbol factor other names`, by kind; the first is the base. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  length: [
    "m 1 meter metre meters metres",
    "km 1000 kilometer kilometre kilometers kilometres",
    "cm 0.01 centimeter centimetre centimeters centimetres",
    "mm 0.001 millimeter millimetre millimeters millimetres",
    "µm 0.000001 um micron microns micrometer micrometers",
    "nm 0.000000001 nanometer nanometers",
    'in 0.0254 inch inches "',
    "ft 0.3048 foot feet '",
    "yd 0.9144 yard yards",
    "mi 1609.344 mile miles",
    "nmi 1852 nautical-mile nautical-miles",
    "au 149597870700 astronomical-unit",
    "ly 9460730472580800 light-year light-years",
  ],
  area: [
    "m² 1 m2 sqm square-meter square-meters square-metres",
    "km² 1000000 km2 square-kilometers square-kilometer",
    "cm² 0.0001 cm2 square-centimeters",
    "ha 10000 hectare hectares",
    "a 100 are ares",
    "ft² 0.09290304 ft2 sqft square-feet square-foot",
    "in² 0.00064516 in2 square-inches square-inch",
    "yd² 0.83612736 yd2 square-yards",
    "mi² 2589988.110336 mi2 square-miles square-mile",
    "acre 4046.8564224 acres",
  ],
  volume: [
    "l 1 liter litre liters litres dm³ dm3",
    "ml 0.001 milliliter millilitre milliliters millilitres cc cm³ cm3",
    "cl 0.01 centiliter centilitre",
    "dl 0.1 deciliter decilitre deciliters",
    "m³ 1000 m3 cubic-meter cubic-meters cubic-metres",
    "gal 3.785411784 gallon gallons us-gallon us-gallons",
    "qt 0.946352946 quart quarts",
    "pt 0.473176473 pint pints",
    "cup 0.2365882365 cups",
    "floz 0.0295735295625 fl-oz fluid-ounce fluid-ounces",
    "tbsp 0.01478676478125 tablespoon tablespoons",
    "tsp 0.00492892159375 teaspoon teaspoons",
    "imp-gal 4.54609 imp-gallon imp-gallons imperial-gallon uk-gallon",
    "imp-pt 0.56826125 imp-pint imp-pints imperial-pint uk-pint",
    "imp-floz 0.0284130625 imp-fl-oz imperial-fluid-ounce",
    "ft³ 28.316846592 ft3 cubic-feet cubic-foot",
    "in³ 0.016387064 in3 cubic-inches",
    "bbl 158.987294928 barrel barrels",
  ],
  mass: [
    "kg 1 kilogram kilograms kilo kilos",
    "g 0.001 gram grams",
    "mg 0.000001 milligram milligrams",
    "µg 0.000000001 ug mcg microgram micrograms",
    "t 1000 tonne tonnes metric-ton metric-tons",
    "lb 0.45359237 lbs pound pounds",
    "oz 0.028349523125 ounce ounces",
    "st 6.35029318 stone stones",
    "ston 907.18474 short-ton us-ton",
    "ct 0.0002 carat carats",
  ],
  speed: [
    "m/s 1 mps meters-per-second",
    "km/h 0.2777777777777778 kmh kph kilometers-per-hour",
    "mph 0.44704 mi/h miles-per-hour",
    "kn 0.5144444444444445 knot knots kt",
    "ft/s 0.3048 fps feet-per-second",
  ],
  time: [
    "s 1 sec second seconds",
    "ms 0.001 millisecond milliseconds",
    "µs 0.000001 us microsecond microseconds",
    "min 60 minute minutes",
    "h 3600 hr hour hours",
    "d 86400 day days",
    "wk 604800 week weeks",
  ],
  data: [
    "B 1 byte bytes",
    "bit 0.125 bits",
    "KB 1000 kB kilobyte kilobytes",
    "MB 1000000 megabyte megabytes",
    "GB 1000000000 gigabyte gigabytes",
    "TB 1000000000000 terabyte terabytes",
    "KiB 1024 kibibyte kibibytes",
    "MiB 1048576 mebibyte mebibytes",
    "GiB 1073741824 gibibyte gibibytes",
    "TiB 1099511627776 tebibyte tebibytes",
    "kbit 125 kilobit kilobits",
    "Mbit 125000 megabit megabits",
    "Gbit 125000000 gigabit gigabits",
  ],
  energy: [
    "J 1 joule joules",
    "kJ 1000 kilojoule kilojoules",
    "MJ 1000000 megajoule megajoules",
    "cal 4.184 calorie calories",
    "kcal 4184 kilocalorie kilocalories Cal",
    "Wh 3600 watt-hour watt-hours",
    "kWh 3600000 kilowatt-hour kilowatt-hours",
    "BTU 1055.05585262 btu",
    "eV 0.0000000000000000001602176634 electronvolt",
  ],
  power: [
    "W 1 watt watts",
    "kW 1000 kilowatt kilowatts",
    "MW 1000000 megawatt megawatts",
    "hp 745.69987158227022 horsepower",
    "PS 735.49875 metric-horsepower",
  ],
  pressure: [
    "Pa 1 pascal pascals",
    "hPa 100 hectopascal mbar millibar",
    "kPa 1000 kilopascal",
    "bar 100000 bars",
    "psi 6894.757293168361",
    "atm 101325 atmosphere atmospheres",
    "mmHg 133.322387415 torr",
  ],
  angle: [
    "rad 1 radian radians",
    "° 0.017453292519943295 deg degree degrees",
    "turn 6.283185307179586 turns",
  ],
};

const TEMPERATURES: readonly (readonly [Unit, string])[] = [
  [{ kind: "temperature", symbol: "K", factor: 1, offset: 0 }, "K kelvin"],
  [{ kind: "temperature", symbol: "°C", factor: 1, offset: 273.15 }, "°C C celsius degc centigrade"],
  [{ kind: "temperature", symbol: "°F", factor: 5 / 9, offset: 459.67 }, "°F F fahrenheit degf"],
];

/** By name as it is written, and by name in lower case where that is no other's. */
const UNITS: ReadonlyMap<string, Unit> = readTable();

function readTable(): Map<string, Unit> {
  const units = new Map<string, Unit>();
  const add = (unit: Unit, names: readonly string[]) => {
    for (const name of names) units.set(name, unit);
  };
  for (const [kind, rows] of Object.entries(TABLE)) {
    for (const row of rows) {
      const [symbol = "", factor = "", ...names] = row.split(" ");
      add({ kind, symbol, factor: Number(factor), offset: 0 }, [symbol, ...names]);
    }
  }
  for (const [unit, names] of TEMPERATURES) add(unit, names.split(" "));
  for (const [name, unit] of units) if (!units.has(name.toLowerCase())) units.set(name.toLowerCase(), unit);
  return units;
}

export function findUnit(written: string): Unit {
  const name = written
    .trim()
    .replaceAll(/[\s_]+/g, "-")
    .replace(/^°-/, "°")
    .replace("μ", "µ");
  const found = UNITS.get(name) ?? UNITS.get(name.toLowerCase());
  if (found !== undefined) return found;
  const near = [...UNITS.keys()]
    .filter((known) => isNear(known.toLowerCase(), name.toLowerCase()))
    .slice(0, 5);
  const meant = near.length === 0 ? "" : `; near it: ${near.join(", ")}`;
  throw new RangeError(`"${written.slice(0, 60)}" is not a unit that is known here${meant}`);
}

function isNear(known: string, name: string): boolean {
  return name.length > 1 && known.length > 1 && (known.startsWith(name) || name.startsWith(known));
}

/** Throws a RangeError for units of two kinds, and below absolute zero. */
export function convert(value: number, from: Unit, to: Unit): number {
  if (from.kind !== to.kind)
    throw new RangeError(`Cannot convert ${from.symbol} (${from.kind}) to ${to.symbol} (${to.kind})`);
  const base = (value + from.offset) * from.factor;
  if (from.kind === "temperature" && base < -1e-9)
    throw new RangeError(`${value} ${from.symbol} is below absolute zero`);
  return base / to.factor - to.offset;
}

/** Twelve digits: what a double holds without the noise at its end. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError("The result is too large");
  const rounded = Number(value.toPrecision(12));
  const size = Math.abs(rounded);
  if (size !== 0 && (size >= 1e15 || size < 1e-6)) return rounded.toExponential();
  return String(rounded);
}
