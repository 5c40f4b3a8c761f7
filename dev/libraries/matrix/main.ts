/** matrix-js-sdk without encryption: answers the first message of a room and stops. */
import { ClientEvent, createClient, RoomEvent } from "matrix-js-sdk";
import { defineTool } from "openclaw/sdk";

const ME = "@bot:hs";

export default defineTool({
  name: "try",
  description: "Answers one message",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const client = createClient({
      baseUrl: `http://${host}`,
      accessToken: "token",
      userId: ME,
      deviceId: "D",
    });
    const answered = new Promise<string>((resolve, reject) => {
      client.on(RoomEvent.Timeline, async (event, room, toStart) => {
        if (toStart === true || event.getSender() === ME || event.getType() !== "m.room.message") return;
        const { body } = event.getContent() as { body: string };
        await client.sendTextMessage(room?.roomId ?? "", `echo: ${body}`).catch(reject);
        resolve(body);
      });
      client.on(ClientEvent.SyncUnexpectedError, reject);
    });
    await client.startClient({ initialSyncLimit: 1 });
    const text = await answered;
    client.stopClient();
    return text;
  },
});
