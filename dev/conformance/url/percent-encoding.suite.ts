/** URL standard, section 1.3, by the web-platform-tests' data: only UTF-8 is there, for scripts have no other. */
import { is } from "../assertions.ts";
import { skip, test } from "../harness.ts";
import data from "wpt:percent-encoding.json";

interface Case {
  readonly input: string;
  readonly output: Readonly<Record<string, string>>;
}

if (data === null)
  skip("percent-encoding", "the web-platform-tests' data is not beside this clone (../shared/wpt)");
else
  for (const entry of data as (Case | string)[]) {
    if (typeof entry === "string") continue;
    const expected = entry.output["utf-8"];
    test(`${JSON.stringify(entry.input)} in a query and a fragment`, () => {
      is(new URL(`https://a.example/?${entry.input}`).search, `?${expected}`);
      is(new URL(`https://a.example/#${entry.input}`).hash, `#${expected}`);
    });
  }
