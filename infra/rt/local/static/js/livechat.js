// Asks the live chat, as whoever looks at the ticket, whether a chat about it goes on, and leads there.
// The answer is for the page alone: nothing of it is kept in RT. Without an answer the row stays as it is.
(() => {
  const place = document.getElementById("livechat-running");
  if (!place || place.dataset.asked) return;
  place.dataset.asked = "yes";

  function line(chat) {
    const element = document.createElement("span");
    element.append(document.createElement("br"), `${chat.by || "Somebody"} has begun a chat`);
    if (chat.link.startsWith("https://")) {
      const link = document.createElement("a");
      Object.assign(link, { href: chat.link, target: "_blank", rel: "noopener", textContent: "open it in Teams" });
      element.append(": ", link);
    }
    return element;
  }

  async function look() {
    try {
      const answer = await fetch(place.dataset.ask, { credentials: "include", cache: "no-store" });
      if (answer.ok) place.replaceChildren(...(await answer.json()).running.map(line));
    } catch {
      // Not signed in there, or it is down: the link says which.
    }
  }

  look();
  // Who comes back from Teams finds it as it is now.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
})();
