// Who listens to the whole page does so here: the document has one listener for each kind of event
// in each phase, the window one for what is told to it alone. It calls the handlers in the order in
// which they came, as the browser would: one that fails is reported and the next is called, one that
// calls stopImmediatePropagation is the last.
const AT_WINDOW = ["beforeunload", "online", "pagehide", "pageshow", "popstate"];
const lists = new Map();

function tell(list, event) {
  let isOver = false;
  event.stopImmediatePropagation = () => {
    isOver = true;
    Event.prototype.stopImmediatePropagation.call(event);
  };
  for (const handler of [...list]) {
    if (isOver) return;
    if (!list.has(handler)) continue;
    try {
      handler(event);
    } catch (error) {
      reportError(error);
    }
  }
}

function listTo(type, capture) {
  const key = `${type} ${capture}`;
  if (!lists.has(key)) {
    const list = new Set();
    const place = AT_WINDOW.includes(type) ? window : document;
    place.addEventListener(type, (event) => tell(list, event), { capture });
    lists.set(key, list);
  }
  return lists.get(key);
}

function add(capture, type, selector, handler) {
  const matching = (event) => {
    const found = event.target.closest?.(selector);
    if (found) handler(found, event);
  };
  listTo(type, capture).add(handler ? matching : selector);
}

// `on("click", handler)`, or `on("click", "[data-copy]", handler)`: then it is called with what
// fits at the target of the event or around it, and with the event.
export const on = (...what) => add(false, ...what);

// The same on the way down: before what is inside hears of it, and of events that do not bubble.
export const onCapture = (...what) => add(true, ...what);

export function once(type, handler) {
  const list = listTo(type, false);
  const only = (event) => {
    list.delete(only);
    handler(event);
  };
  list.add(only);
}
