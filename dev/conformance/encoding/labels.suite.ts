/** Encoding standard, section 4.2: labels, by a table of our own of one name and some of its labels. */
import { is, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const LABELS: Readonly<Record<string, readonly string[]>> = {
  "utf-8": [
    "unicode-1-1-utf-8",
    "unicode11utf8",
    "unicode20utf8",
    "utf-8",
    "utf8",
    "x-unicode20utf8",
    "UTF-8",
  ],
  ibm866: ["866", "cp866", "csibm866"],
  "iso-8859-2": ["csisolatin2", "iso-ir-101", "iso8859-2", "iso88592", "iso_8859-2:1987", "l2", "latin2"],
  "iso-8859-3": ["latin3", "l3", "iso_8859-3:1988"],
  "iso-8859-4": ["latin4", "l4"],
  "iso-8859-5": ["cyrillic", "csisolatincyrillic", "iso-ir-144"],
  "iso-8859-6": ["arabic", "asmo-708", "ecma-114", "csiso88596e", "iso-8859-6-i"],
  "iso-8859-7": ["greek", "greek8", "elot_928", "ecma-118", "sun_eu_greek"],
  "iso-8859-8": ["hebrew", "visual", "csiso88598e", "iso-8859-8-e"],
  "iso-8859-8-i": ["logical", "csiso88598i"],
  "iso-8859-10": ["latin6", "l6", "iso-ir-157"],
  "iso-8859-13": ["iso885913"],
  "iso-8859-14": ["iso8859-14"],
  "iso-8859-15": ["l9", "csisolatin9", "iso_8859-15"],
  "iso-8859-16": ["iso-8859-16"],
  "koi8-r": ["koi", "koi8", "koi8_r", "cskoi8r"],
  "koi8-u": ["koi8-ru"],
  macintosh: ["mac", "csmacintosh", "x-mac-roman"],
  "windows-874": ["tis-620", "dos-874", "iso-8859-11"],
  "windows-1250": ["cp1250", "x-cp1250"],
  "windows-1251": ["cp1251"],
  "windows-1252": ["ascii", "latin1", "l1", "iso-8859-1", "us-ascii", "cp819", "ansi_x3.4-1968", "ibm819"],
  "windows-1253": ["cp1253"],
  "windows-1254": ["latin5", "iso-8859-9", "l5"],
  "windows-1255": ["x-cp1255"],
  "windows-1256": ["cp1256"],
  "windows-1257": ["cp1257"],
  "windows-1258": ["x-cp1258"],
  "x-mac-cyrillic": ["x-mac-ukrainian"],
  gbk: ["gb2312", "chinese", "csgb2312", "x-gbk", "gb_2312-80"],
  gb18030: ["gb18030"],
  big5: ["big5-hkscs", "cn-big5", "csbig5", "x-x-big5"],
  "euc-jp": ["x-euc-jp", "cseucpkdfmtjapanese"],
  "iso-2022-jp": ["csiso2022jp"],
  shift_jis: ["sjis", "shift-jis", "ms_kanji", "windows-31j", "ms932", "x-sjis"],
  "euc-kr": ["korean", "ks_c_5601-1987", "windows-949", "ksc5601", "cseuckr"],
  "utf-16be": ["unicodefffe"],
  "utf-16le": ["utf-16", "unicode", "ucs-2", "csunicode", "iso-10646-ucs-2", "unicodefeff"],
  "x-user-defined": ["x-user-defined"],
};

for (const [name, labels] of Object.entries(LABELS)) {
  test(`labels of ${name}`, () => {
    for (const label of [name, ...labels]) {
      is(new TextDecoder(label).encoding, name, label);
      is(new TextDecoder(`\t\n\f\r ${label.toUpperCase()} `).encoding, name, `${label} in spaces`);
    }
  });
}

test("what is no label, or the replacement encoding's, is a RangeError", () => {
  const wrong = [
    "",
    "nonsense",
    "utf-7",
    "utf-32",
    "replacement",
    "hz-gb-2312",
    "iso-2022-kr",
    "iso-2022-cn",
    "csiso2022kr",
  ];
  for (const label of [
    ...wrong,
    "utf-8\0",
    "\u000butf-8",
    "utf-8\u00a0",
    "utf-8\u2028",
    "utf\u017f8",
    "\u212aoi8",
  ]) {
    throws(RangeError, () => new TextDecoder(label));
  }
});

test("flags are booleans of what was given", () => {
  const decoder = new TextDecoder(undefined, untyped({ fatal: 1, ignoreBOM: "" }));
  is(decoder.encoding, "utf-8");
  is(decoder.fatal, true);
  is(decoder.ignoreBOM, false);
  throws(TypeError, () => new TextDecoder("utf-8", untyped("a")));
});
