/** Whether a cookie stays here. Asked by trying: Chromium's `navigator.cookieEnabled` says yes where none does. */
export function keepsCookies(): boolean {
  try {
    document.cookie = "livechat=1;max-age=1"; // seconds
    return /livechat=1/.test(document.cookie);
  } catch {
    return false;
  }
}
