// Asks the server by script, as htmx does for the pages, and tells of both in one way what came of
// it: whether the session has ended, the connection is lost, or the server refuses, in its words.
import { word } from "./words.js";

const asked = new Map();

// The session has ended, or is a new one, of which the page does not know. Nothing was done.
export const sessionEnded = (header) =>
  Boolean(header("X-Nothing-Sent") || header("HX-Redirect")?.startsWith("/sign-in/"));

// Why it was refused: in the server's own sentence, when it has one.
export const refusal = (status, header, text) =>
  header("Content-Type")?.startsWith("text/plain") ? text : word("answered", { status });

function meaning({ status, ok, redirected }, header, text) {
  if (sessionEnded(header)) return { why: "ended" };
  if (!ok || redirected || header("HX-Redirect"))
    return { why: "refused", status, text, words: refusal(status, header, text) };
  return { text };
}

// The answer's text; or `why` there is none: "ended", "lost", "refused", or "replaced" by a new
// question of the same `kind`, which takes the place of one that is still on its way.
export async function ask(url, { kind, body, headers, patience = 20_000 } = {}) {
  const stop = new AbortController();
  asked.get(kind)?.abort();
  if (kind) asked.set(kind, stop);
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      body,
      headers: {
        "HX-Request": "true",
        ...JSON.parse(document.body.getAttribute("hx-headers")),
        ...headers,
      },
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(patience)]),
    });
    // What stands between answers for a server that is away.
    if (response.status >= 502) return { why: "lost" };
    const text = (await response.text()).trim();
    return meaning(response, (name) => response.headers.get(name), text);
  } catch {
    return { why: stop.signal.aborted ? "replaced" : "lost" };
  } finally {
    if (asked.get(kind) === stop) asked.delete(kind);
  }
}

export const isAsked = (kind) => asked.has(kind);
