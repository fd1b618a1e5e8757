// The stand-alone page, in a frame: without a cookie there is no chat, and browsers keep none of ours
// below the page of another domain. Then a link leads to a window of its own, before a press on "Join"
// would use the invitation up for nothing.
"use strict";
if (self !== top) {
  const probe = "__Host-livechat-frame=1; Path=/; Secure; SameSite=Strict";
  const kept = () => document.cookie.includes("__Host-livechat-frame=");
  let works = false;
  try {
    document.cookie = probe;
    works = kept();
    document.cookie = `${probe}; Max-Age=0`;
  } catch {
    // a sandboxed frame has no cookies at all
  }
  if (!works) {
    const elsewhere = document.getElementById("elsewhere");
    document.querySelector("rt-livechat").remove();
    elsewhere.querySelector("a").href = `chat${location.hash}`;
    elsewhere.hidden = false;
  }
}
