// One file on its way to the server, as tus 1.0 has it: piece by piece, from where it was cut. It
// goes on by itself when the line comes back, and after a reload when the same file is chosen again.
import { word } from "../page/words.js";

const PIECE = 4_000_000;
const TUS = { "Tus-Resumable": "1.0.0" };
const BYTES = "application/offset+octet-stream";
const WAITS_S = [1, 2, 4, 8, 15, 30];
// Where an upload was begun is kept as long as the server keeps it.
const KEPT_MS = 23 * 3600 * 1000;

class Refused extends Error {}
class Lost extends Error {}

const coded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const metadata = (about) =>
  Object.entries(about)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name} ${coded(value)}`)
    .join(",");

// What was begun, by what tells that it is the same file for the same field.
function remembered(key, url) {
  const name = `k-upload:${key}`;
  try {
    if (url === null) localStorage.removeItem(name);
    else if (url) localStorage.setItem(name, JSON.stringify({ url, at: Date.now() }));
    const kept = JSON.parse(localStorage.getItem(name));
    return kept && Date.now() - kept.at < KEPT_MS ? kept.url : undefined;
  } catch {
    return undefined; // A browser that keeps nothing begins anew.
  }
}

function sentence(text, status) {
  try {
    const told = JSON.parse(text);
    return (told.errors ?? []).map((one) => one.detail).join(" ") || told.detail;
  } catch {
    return word("answered", { status });
  }
}

export class Upload {
  constructor(file, { place, about, token, onProgress }) {
    Object.assign(this, { file, place, about, token, onProgress, isOver: false });
    this.key = [place, about.process_id, about.process, about.field, file.name, file.size].join(
      "|",
    );
    this.key += `|${file.lastModified}`;
  }

  // The file as the server knows it; a Refused with its sentence, undefined when it was cancelled.
  async run() {
    this.url = remembered(this.key);
    for (let tries = 0; !this.isOver; tries += 1) {
      try {
        return await this.#once(() => {
          tries = 0;
        });
      } catch (error) {
        if (this.isOver) break;
        if (!(error instanceof Lost)) {
          remembered(this.key, null);
          throw error;
        }
        this.onProgress({ isWaiting: true });
        await this.#pause(WAITS_S[Math.min(tries, WAITS_S.length - 1)]);
      }
    }
    return undefined;
  }

  cancel() {
    this.isOver = true;
    this.request?.abort();
    this.wake?.();
    remembered(this.key, null);
    if (this.url) this.#ask("DELETE", this.url).catch(() => {});
  }

  async #once(onArrived) {
    let offset = this.url ? await this.#found() : undefined;
    if (offset === undefined) offset = await this.#begin();
    this.onProgress({ sent: offset });
    while (offset < this.file.size) {
      const piece = this.file.slice(offset, offset + PIECE);
      const headers = { "Upload-Offset": offset, "Content-Type": BYTES };
      const answer = await this.#ask("PATCH", this.url, headers, piece, offset);
      if (answer.status === 409) throw new Lost();
      offset = Number(answer.getResponseHeader("Upload-Offset"));
      onArrived();
    }
    const answer = await this.#ask("GET", this.url);
    remembered(this.key, null);
    return JSON.parse(answer.responseText);
  }

  // How much of it is there; undefined when the server has none of it any more.
  async #found() {
    const answer = await this.#ask("HEAD", this.url);
    if (answer.status !== 404) return Number(answer.getResponseHeader("Upload-Offset"));
    this.url = undefined;
    return undefined;
  }

  async #begin() {
    const headers = {
      "Upload-Length": this.file.size,
      "Upload-Metadata": metadata({ filename: this.file.name, ...this.about }),
    };
    const answer = await this.#ask("POST", this.place, headers);
    this.url = new URL(answer.getResponseHeader("Location"), location.href).pathname;
    remembered(this.key, this.url);
    return 0;
  }

  // By the older way of asking: the newer one does not tell how much of a body has gone.
  #ask(method, url, headers = {}, body = null, before = 0) {
    return new Promise((answered, failed) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, url);
      const all = { ...TUS, "X-CSRFToken": this.token(), Accept: "application/json", ...headers };
      for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => this.onProgress({ sent: before + event.loaded });
      request.onerror = request.onabort = request.ontimeout = () => failed(new Lost());
      request.onload = () => {
        const { status } = request;
        const isKnown = status < 400 || (status === 404 && method === "HEAD");
        if (isKnown || (status === 409 && method === "PATCH")) answered(request);
        else if (
          [408, 425, 429].includes(status) ||
          status === 500 ||
          (status > 501 && status < 507)
        )
          failed(new Lost());
        else failed(new Refused(sentence(request.responseText, status)));
      };
      request.send(body);
    });
  }

  #pause(seconds) {
    return new Promise((go) => {
      const timer = setTimeout(go, seconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        go();
      };
    });
  }
}
