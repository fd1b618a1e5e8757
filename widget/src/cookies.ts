/** Whether a cookie stays here. Asked by trying: Chromium's `navigator.cookieEnabled` says yes where none does. */
export function keepsCookies(): boolean {
  try {
    const tried = "livechat=1;max-age=";
    document.cookie = `${tried}9`;
    const kept = document.cookie.includes("livechat=1");
    document.cookie = `${tried}0`;
    return kept;
  } catch {
    return false;
  }
}
