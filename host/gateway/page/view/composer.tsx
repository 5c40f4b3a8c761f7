/** Where a person writes. Enter sends, Shift+Enter breaks the line; while an answer runs there is a stop button. */
import { memo, useEffect, useRef, useState } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import { Icon } from "./icons.tsx";

export const COMPOSER_ID = "composer";
const TALLEST_PX = 220;

interface Props {
  readonly running: boolean;
  readonly connected: boolean;
  readonly sessionKey: string;
  readonly actions: Actions;
}

export const Composer = memo<Props>(({ running, connected, sessionKey, actions }) => {
  const input = useRef<HTMLTextAreaElement>(null);
  const [empty, setEmpty] = useState(true);

  useEffect(focus, [sessionKey]);

  /** Not where a keyboard would slide over the screen. */
  function focus(): void {
    if (matchMedia("(pointer: fine)").matches) input.current?.focus();
  }

  /** The button goes away with the answer, and must not take the focus with it. */
  function stop(): void {
    void actions.stop();
    focus();
  }

  function fit(): void {
    const area = input.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, TALLEST_PX)}px`;
    setEmpty(area.value.trim() === "");
  }

  async function send(): Promise<void> {
    const area = input.current;
    const text = area?.value.trim() ?? "";
    if (area === null || text === "" || !connected) return;
    area.value = "";
    fit();
    const sent = await actions.send(text);
    if (sent || area.value !== "") return;
    area.value = text;
    fit();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void send();
  }

  return (
    <form
      class="composer"
      onSubmit={(event: Event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        id={COMPOSER_ID}
        ref={input}
        rows={1}
        aria-label="Message"
        placeholder={connected ? "Message" : "Waiting for the connection"}
        enterkeyhint="send"
        onInput={fit}
        onKeyDown={onKeyDown}
      />
      {running && (
        <button type="button" class="round stop" aria-label="Stop the answer" onClick={stop}>
          <Icon name="stop" />
        </button>
      )}
      <button type="submit" class="round send" aria-label="Send" disabled={empty || !connected}>
        <Icon name="send" />
      </button>
    </form>
  );
});
