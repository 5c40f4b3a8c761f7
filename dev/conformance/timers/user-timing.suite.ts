/** User Timing Level 3: marks, measures and their entries. */
import { is, ok, same, throws, throwsDom, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const names = (list: readonly PerformanceEntry[]) => list.map(({ name }) => name);
const clean = () => {
  performance.clearMarks();
  performance.clearMeasures();
};

test("a mark has a name, a time and a copy of its detail", () => {
  clean();
  const detail = { a: [1] };
  const made = performance.mark("one", { startTime: 5, detail });
  same([made.name, made.entryType, made.startTime, made.duration], ["one", "mark", 5, 0]);
  same([made.detail, made.detail === detail], [{ a: [1] }, false]);
  ok(performance.mark("two").startTime > 0);
  is(performance.mark("three").detail, null);
  throws(TypeError, () => performance.mark("x", { startTime: -1 }));
  throwsDom("DataCloneError", () => performance.mark("x", { detail: () => {} }));
});

test("a measure goes from a mark or a time to another, or to now", () => {
  clean();
  performance.mark("start", { startTime: 10 });
  performance.mark("end", { startTime: 25 });
  const between = performance.measure("m", "start", "end");
  same([between.entryType, between.startTime, between.duration], ["measure", 10, 15]);
  const times = performance.measure("m", { start: 3, duration: 4, detail: 1 });
  same([times.startTime, times.duration, times.detail], [3, 4, 1]);
  const back = performance.measure("m", { end: "end", duration: 5 });
  same([back.startTime, back.duration], [20, 5]);
  is(performance.measure("m").startTime, 0);
  throwsDom("SyntaxError", () => performance.measure("m", "no such mark"));
  throws(TypeError, () => performance.measure("m", { start: 1, end: 2, duration: 1 }));
  throws(TypeError, () => performance.measure("m", { duration: 1 }));
  throws(TypeError, () => performance.measure("m", { start: 1 }, "end"));
});

test("entries are listed by their start, by name and by type, until they are cleared", () => {
  clean();
  performance.mark("late", { startTime: 9 });
  performance.mark("early", { startTime: 1 });
  performance.measure("late", { start: 2, end: 3 });
  same(names(performance.getEntriesByType("mark")), ["early", "late"]);
  same(
    performance.getEntriesByName("late").map(({ entryType }) => entryType),
    ["measure", "mark"],
  );
  same(names(performance.getEntriesByName("late", "mark")), ["late"]);
  performance.clearMarks("late");
  same(names(performance.getEntriesByType("mark")), ["early"]);
  clean();
  same(performance.getEntriesByType("measure"), []);
});

test("entries are made by the clock alone, a mark by anybody", () => {
  throws(TypeError, () => new (untyped(PerformanceEntry) as new () => unknown)());
  throws(TypeError, () => new (untyped(PerformanceMeasure) as new () => unknown)());
  const own = new PerformanceMark("own");
  same([own instanceof PerformanceEntry, own.name, performance.getEntriesByName("own")], [true, "own", []]);
  same(Object.keys(own.toJSON() as object).slice(0, 2), ["name", "entryType"]);
});
