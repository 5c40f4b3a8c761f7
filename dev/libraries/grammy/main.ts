/** grammY by long polling: answers the first message and stops. */
import { Bot } from "grammy";
import { defineTool } from "openclaw/sdk";

export default defineTool({
  name: "try",
  description: "Answers one message",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const bot = new Bot("1:token", { client: { apiRoot: `http://${host}` } });
    const answered = new Promise<string>((resolve, reject) => {
      bot.on("message:text", async (ctx) => {
        await ctx.reply(`echo: ${ctx.message.text}`);
        resolve(ctx.message.text);
      });
      bot.catch(reject);
    });
    void bot.start();
    const text = await answered;
    await bot.stop();
    return text;
  },
});
