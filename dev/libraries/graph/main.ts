/** The Microsoft Graph client: reads a chat's message and answers it. */
import { Client } from "@microsoft/microsoft-graph-client";
import { defineTool } from "openclaw/sdk";

interface Messages {
  readonly value: readonly { readonly body: { readonly content: string } }[];
}

export default defineTool({
  name: "try",
  description: "Answers one message",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const client = Client.init({
      baseUrl: `http://${host}/`,
      authProvider: (done) => done(null, "token"),
    });
    const messages = (await client.api("/chats/c1/messages").top(1).get()) as Messages;
    const text = messages.value[0]?.body.content ?? "";
    await client.api("/chats/c1/messages").post({ body: { content: `echo: ${text}` } });
    return text;
  },
});
