/** discord.js through its gateway and its REST client: answers the first message and leaves. */
import { Client, GatewayIntentBits } from "discord.js";
import { defineTool } from "openclaw/sdk";

export default defineTool({
  name: "try",
  description: "Answers one message",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
    const client = new Client({
      intents: [Guilds, GuildMessages, MessageContent],
      rest: { api: `http://${host}/api` },
    });
    const answered = new Promise<string>((resolve, reject) => {
      client.on("error", reject);
      client.on("messageCreate", async (message) => {
        if (message.author.bot) return;
        await message.channel.send(`echo: ${message.content}`);
        resolve(message.content);
      });
    });
    await client.login("abc.def.ghi");
    const text = await answered;
    await client.destroy();
    return text;
  },
});
