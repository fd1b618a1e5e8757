"""A trap in a page: whatever runs that should not, or asks for what it should not, is caught."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.async_api import BrowserContext, Dialog, Frame, Page, Request

#: Runs before anything else in every page and frame.
_SCRIPT = """(() => {
  const caught = [];
  const note = (what, more = "") => { caught.push(`${what} ${more}`.slice(0, 300)); };
  Object.defineProperty(window, "__caught", { value: caught });
  Object.defineProperty(window, "__pwned", { value: (n) => note("__pwned", n), writable: false });
  for (const name of ["alert", "confirm", "prompt", "print", "open"])
    window[name] = (...what) => void note(name, what[0]);
  const usualEval = window.eval;
  // Functions are what Playwright itself lets the page evaluate.
  window.eval = (code) => (/^\\s*(\\(|async |\\w+ => )/.test(code) || note("eval", code), usualEval(code));
  for (const name of ["write", "writeln"]) document[name] = (code) => note(name, code);
  for (const [owner, name] of [[Element.prototype, "innerHTML"], [Element.prototype, "outerHTML"]]) {
    const usual = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { ...usual, set(code) { note(name, code); } });
  }
  const far = (url) => new URL(url, location.href).host !== location.host;
  for (const name of ["fetch", "WebSocket", "EventSource", "Image", "RTCPeerConnection", "Worker"]) {
    const usual = window[name];
    window[name] = new Proxy(usual, {
      apply(to, self, [url, ...more]) {
        if (far(url.url ?? url)) note(name, url.url ?? url);
        return Reflect.apply(to, self, [url, ...more]);
      },
      construct(to, [url, ...more]) {
        if (name === "RTCPeerConnection" || (url && far(url))) note(name, url);
        return Reflect.construct(to, [url, ...more]);
      },
    });
  }
  navigator.sendBeacon = (url) => (note("sendBeacon", url), false);
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    note("policy", `${violatedDirective} ${blockedURI} ${sample}`));
  addEventListener("error", ({ message }) => note("error", message));
  addEventListener("unhandledrejection", ({ reason }) => note("rejection", reason));
})();"""

#: Every element of the document and of open shadow roots that has no business among words.
_STRANGERS = """(allowed) => {
  const found = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      const tag = node.localName;
      if (root !== document && !allowed.includes(tag)) found.push(tag);
      for (const { name, value } of node.attributes) {
        const act = name.startsWith("on") || name === "srcdoc";
        if (act || (name === "style" && node.id !== "panel")) found.push(`${tag} ${name}`);
        const leads = /^(href|src|action|formaction|data|poster|background|xlink:href)$/.test(name);
        if (root !== document && leads && !/^https?:\\/\\//i.test(value)) found.push(`${tag} ${name}=${value}`);
      }
      if (tag === "a" && root !== document && node.textContent !== node.getAttribute("href"))
        found.push(`a ${node.textContent} leads to ${node.getAttribute("href")}`);
      if (node.shadowRoot) look(node.shadowRoot);
    }
  };
  look(document);
  return found.slice(0, 20);
}"""

#: What the pop-up is made of.
WIDGET_TAGS = (
    *("a", "b", "bdi", "blockquote", "button", "code", "details", "div", "h2", "h3", "input"),
    *("label", "li", "ol", "p", "path", "pre", "section", "slot", "span", "style", "summary"),
    *("svg", "textarea", "time", "form"),
)


class Trap:
    """Set on a context before its first page; ``caught`` gathers from all pages."""

    def __init__(self, *hosts: str) -> None:
        self._hosts = hosts
        self.caught: list[str] = []

    async def set(self, context: BrowserContext) -> None:
        """Lay it."""
        await context.add_init_script(_SCRIPT)
        context.on("page", self._watch)
        context.on("request", self._request)

    def _watch(self, page: Page) -> None:
        page.on("dialog", self._dialog)
        page.on("popup", lambda popup: self.caught.append(f"popup {popup.url}"))
        page.on("frameattached", lambda frame: self.caught.append(f"frame {frame.name}"))
        page.on("pageerror", lambda error: self.caught.append(f"pageerror {error}"))
        page.on("framenavigated", self._navigated)
        page.on("download", lambda download: self.caught.append(f"download {download.url}"))

    async def _dialog(self, dialog: Dialog) -> None:
        self.caught.append(f"dialog {dialog.message[:100]}")
        await dialog.dismiss()

    def _request(self, request: Request) -> None:
        url = request.url
        if not url.startswith((*self._hosts, "data:image/", "data:,")):
            self.caught.append(f"request {url[:300]}")

    def _navigated(self, frame: Frame) -> None:
        if not frame.url.startswith((*self._hosts, "about:blank")):
            self.caught.append(f"navigated {frame.url[:300]}")

    async def look(self, page: Page, tags: Sequence[str] | None = WIDGET_TAGS) -> list[str]:
        """Return everything that was caught; with ``tags`` also whatever stands there beside them."""
        inside: list[str] = await page.evaluate("() => window.__caught")
        strangers = await page.evaluate(_STRANGERS, list(tags)) if tags is not None else []
        return [*self.caught, *inside, *strangers]
