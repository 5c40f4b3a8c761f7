/** Rename or delete a session. Deleting asks once more, in place. */
import { useState } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import { Dialog } from "./dialog.tsx";

interface Props {
  readonly sessionKey: string;
  readonly title: string;
  readonly actions: Actions;
  readonly onClose: () => void;
}

export function SessionDialog({ sessionKey, title, actions, onClose }: Props) {
  const [confirming, setConfirming] = useState(false);

  function rename(event: Event): void {
    event.preventDefault();
    const input = document.getElementById("session-label") as HTMLInputElement;
    void actions.renameSession(sessionKey, input.value);
    onClose();
  }

  function remove(): void {
    if (!confirming) {
      setConfirming(true);
      return;
    }
    void actions.deleteSession(sessionKey);
    onClose();
  }

  return (
    <Dialog title="Session" look="box" onClose={onClose}>
      <form onSubmit={rename}>
        <label htmlFor="session-label">Name</label>
        <div class="field-row">
          <input id="session-label" type="text" maxlength={100} value={title} autocomplete="off" />
          <button type="submit" class="button primary">
            Save
          </button>
        </div>
      </form>
      <div class="danger">
        <p role="status">
          {confirming
            ? "All messages of this session will be gone for good."
            : "Delete the session with all of its messages."}
        </p>
        <button type="button" class="button deny" onClick={remove}>
          {confirming ? "Yes, delete it" : "Delete"}
        </button>
      </div>
    </Dialog>
  );
}
