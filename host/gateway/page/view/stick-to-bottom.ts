/**
 * Keeps the newest line in view while an answer grows, and lets go as soon as the reader scrolls up.
 *
 * Older messages that are put in front must not move what is being read: the place is held.
 */
const NEAR_PX = 40;

export interface StickToBottom {
  /** Follow again, and go to the newest line now. */
  follow(): void;
  stop(): void;
}

export function stickToBottom(
  scroller: HTMLElement,
  content: HTMLElement,
  onChange: (following: boolean) => void,
): StickToBottom {
  let following = true;
  let height = content.offsetHeight;
  let first = content.firstElementChild;

  const setFollowing = (next: boolean) => {
    if (next === following) return;
    following = next;
    onChange(next);
  };
  const toBottom = () => {
    scroller.scrollTop = scroller.scrollHeight;
  };
  const onScroll = () => {
    setFollowing(scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX);
  };
  const grown = new ResizeObserver(() => {
    const next = content.offsetHeight;
    const prepended = content.firstElementChild !== first;
    if (following) toBottom();
    else if (prepended) scroller.scrollTop += next - height;
    first = content.firstElementChild;
    height = next;
  });
  scroller.addEventListener("scroll", onScroll, { passive: true });
  grown.observe(content);
  grown.observe(scroller);

  return {
    follow() {
      setFollowing(true);
      toBottom();
    },
    stop() {
      grown.disconnect();
      scroller.removeEventListener("scroll", onScroll);
    },
  };
}
