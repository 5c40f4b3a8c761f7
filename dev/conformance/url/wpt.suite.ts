/** The URL data of the web-platform-tests: the parser, its setters and percent-encoding by the encoding of a document. */
import { is, throws } from "../assertions.ts";
import { skip, test } from "../harness.ts";
import parserData from "wpt:urltestdata.json";
import setterData from "wpt:setters_tests.json";

const MISSING = "the web-platform-tests' data is not beside this clone (../shared/wpt)";
const PARTS = [
  "href",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;

interface ParserCase extends Partial<Record<(typeof PARTS)[number] | "origin", string>> {
  readonly input: string;
  readonly base: string | null;
  readonly failure?: boolean;
}

interface SetterCase {
  readonly href: string;
  readonly new_value: string;
  readonly expected: Readonly<Record<string, string>>;
}

if (parserData === null) skip("the parser", MISSING);
else (parserData as (ParserCase | string)[]).filter((entry) => typeof entry === "object").forEach(parserTest);

if (setterData === null) skip("the setters", MISSING);
else
  for (const [property, cases] of Object.entries(setterData as Record<string, SetterCase[]>)) {
    if (property !== "comment") cases.forEach((one, index) => setterTest(property, one, index));
  }

function parserTest(entry: ParserCase, index: number): void {
  const { input, base, failure } = entry;
  const parse = () => (base === null ? new URL(input) : new URL(input, base));
  test(`${index} ${JSON.stringify(input)} against ${base}`, () => {
    is(URL.canParse(input, base ?? undefined), failure !== true, "canParse");
    if (failure === true) {
      throws(TypeError, parse);
      is(base === null ? URL.parse(input) : URL.parse(input, base), null, "URL.parse");
      return;
    }
    const url = parse();
    for (const part of PARTS) is(url[part], entry[part], part);
    if (entry.origin !== undefined) is(url.origin, entry.origin, "origin");
    is(new URL(url.href).href, url.href, "the URL of its own href");
    is(url.searchParams.toString(), new URLSearchParams(url.search).toString(), "searchParams");
  });
}

function setterTest(property: string, { href, new_value, expected }: SetterCase, index: number): void {
  test(`${property} ${index}: ${JSON.stringify(new_value)} on ${href}`, () => {
    const url = new URL(href);
    Reflect.set(url, property, new_value);
    for (const [part, value] of Object.entries(expected)) is(Reflect.get(url, part), value, part);
  });
}
