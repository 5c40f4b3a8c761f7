/** Shown to whoever has no valid cookie: what is wrong, and the two ways in. */
import { useState } from "hono/jsx/dom";
import { signInWithToken } from "../sign-in.ts";
import { Mark } from "./icons.tsx";

interface Props {
  readonly problem: string | null;
  readonly onSignedIn: () => void;
}

export function SignInScreen({ problem, onSignedIn }: Props) {
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const input = document.getElementById("token") as HTMLInputElement;
    const token = input.value.trim();
    if (token === "") return;
    setBusy(true);
    const result = await signInWithToken(token);
    input.value = "";
    setBusy(false);
    setFailure(result.ok ? null : result.problem);
    if (result.ok) onSignedIn();
  }

  const wrong = failure ?? problem;
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Mark />
        <h1>Sign in to your gateway</h1>
        {wrong !== null && (
          <p class="wrong" role="alert">
            {wrong}
          </p>
        )}
        <p>Get a new address on the machine where the gateway runs, and open it in this browser:</p>
        <pre class="command">openclaw dashboard</pre>
        <p class="quiet">
          In a clone of the repository: <code>npm run -s openclaw -- dashboard</code>
        </p>
        <form onSubmit={submit}>
          <label htmlFor="token">Or paste the gateway token</label>
          <div class="field-row">
            <input id="token" type="password" autocomplete="off" spellcheck={false} />
            <button type="submit" class="button primary" disabled={busy}>
              Sign in
            </button>
          </div>
        </form>
        <p class="quiet">The token is exchanged for a cookie of this browser. The page does not keep it.</p>
      </div>
    </main>
  );
}
