/**
 * A modal dialog on the browser's own element: it keeps focus inside, closes with Escape and gives focus
 * back to where it was.
 */
import { useEffect, useRef } from "hono/jsx/dom";
import type { Child } from "hono/jsx";
import { Icon } from "./icons.tsx";

interface Props {
  readonly title: string;
  /** `sheet` stands at the side, `box` in the middle. */
  readonly look: "sheet" | "box";
  readonly onClose: () => void;
  readonly children: Child;
}

export function Dialog({ title, look, onClose, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${look}`}
      aria-labelledby="dialog-title"
      onCancel={(event: Event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event: MouseEvent) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
