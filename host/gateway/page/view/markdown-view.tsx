/**
 * Shows markdown, also while it grows. Finished blocks are rendered once; the open block at most as often
 * as its price allows, so that rendering never takes more than a fifth of the page's time.
 */
import { memo, useEffect, useRef } from "hono/jsx/dom";
import { renderMarkdown } from "../markdown.ts";
import { lastStableCut } from "../state/markdown-blocks.ts";

const REST_PER_WORK = 4;

interface Props {
  readonly text: string;
  /** More will come. */
  readonly growing: boolean;
}

export const MarkdownView = memo<Props>(({ text, growing }) => {
  const host = useRef<HTMLDivElement>(null);
  const painter = useRef<Painter>(null);
  useEffect(() => {
    if (host.current === null) return;
    painter.current ??= createPainter(host.current);
    painter.current.paint(text, growing);
  }, [text, growing]);
  useEffect(() => () => painter.current?.stop(), []);
  return <div class="markdown" ref={host} />;
});

/** The block that still grows; its frame does not show. */
function openBlock(): HTMLElement {
  const block = document.createElement("div");
  block.className = "open-block";
  return block;
}

interface Painter {
  paint(text: string, growing: boolean): void;
  stop(): void;
}

function createPainter(host: HTMLElement): Painter {
  let latest = "";
  /** Up to here the text stands in the page for good. */
  let stable = 0;
  let open: HTMLElement | null = null;
  let restUntil = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function paintOpen(): void {
    timer = undefined;
    const began = performance.now();
    const cut = lastStableCut(latest, stable);
    if (cut > stable) {
      open?.remove();
      open = null;
      host.append(renderMarkdown(latest.slice(stable, cut)));
      stable = cut;
    }
    open ??= host.appendChild(openBlock());
    open.replaceChildren(renderMarkdown(latest.slice(stable)));
    const now = performance.now();
    restUntil = now + (now - began) * REST_PER_WORK;
  }

  function paintWhole(): void {
    clearTimeout(timer);
    timer = undefined;
    forget();
    host.append(renderMarkdown(latest));
  }

  function forget(): void {
    host.replaceChildren();
    open = null;
    stable = 0;
  }

  return {
    paint(text, growing) {
      if (!text.startsWith(latest.slice(0, stable))) forget();
      latest = text;
      const wait = restUntil - performance.now();
      if (!growing) paintWhole();
      else if (timer === undefined && wait <= 0) paintOpen();
      else timer ??= setTimeout(paintOpen, wait);
    },
    stop: () => clearTimeout(timer),
  };
}
