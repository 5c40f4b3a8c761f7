/** A shell of its own over files in memory: pipes, loops, redirections, awk, sed, jq. */
import { Bash } from "just-bash";
import { defineTool } from "openclaw/sdk";

const SCRIPT = `
for n in 3 1 2; do echo "line $n"; done | sort > /tmp/sorted
sed 's/line/row/' /tmp/sorted | awk '{ sum += $2; print $0 } END { print "sum " sum }'
echo '{"a":[1,2,{"b":"deep"}]}' | jq -r '.a[2].b'
grep -c row /tmp/nothing || echo "status $?"
f() { local x=$((6 * 7)); echo "\${x}"; }; f
printf '%s\\n' b a | sort | tr a-z A-Z | paste -sd, -
cat /data/given.txt | wc -l
`;

export default defineTool({
  name: "try",
  description: "Runs a script",
  parameters: { type: "object", properties: {} },
  async execute() {
    const shell = new Bash({ files: { "/data/given.txt": "one\ntwo\n" } });
    const { stdout, stderr, exitCode } = await shell.exec(SCRIPT);
    const away = await shell.exec("curl http://example.org/");
    return JSON.stringify({ stdout, stderr, exitCode, away: away.exitCode });
  },
});
