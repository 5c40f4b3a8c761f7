/** Bolt in socket mode: answers the first message and stops. */
import { App, LogLevel } from "@slack/bolt";
import { defineTool } from "openclaw/sdk";

export default defineTool({
  name: "try",
  description: "Answers one message",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const app = new App({
      token: "xoxb-1",
      appToken: "xapp-1",
      socketMode: true,
      logLevel: LogLevel.ERROR,
      clientOptions: { slackApiUrl: `http://${host}/api/` },
    });
    const answered = new Promise<string>((resolve, reject) => {
      app.message(async ({ message, say }) => {
        const text = "text" in message ? (message.text ?? "") : "";
        await say(`echo: ${text}`);
        resolve(text);
      });
      app.error(async (error) => reject(error));
    });
    await app.start();
    const text = await answered;
    await app.stop();
    return text;
  },
});
