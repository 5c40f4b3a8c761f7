/** What stands in an empty session. */
import { Mark } from "./icons.tsx";

export function Welcome() {
  return (
    <div class="welcome">
      <Mark />
      <h2>What shall we do?</h2>
      <p>
        Write a message below. Tools run behind walls: what one may not do by itself is refused, or asked of
        you on this page.
      </p>
    </div>
  );
}
