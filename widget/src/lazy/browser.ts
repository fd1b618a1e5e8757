/** What a browser says of itself, in words that its user can read and correct. Pure. */

/** The first that fits: most of them call themselves by the names of others, too. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(?:A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/(?:Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+).* Safari\//, "Safari"],
];

/** Without versions: those are frozen, and would mislead. */
const SYSTEMS: [RegExp, string][] = [
  [/\biP(?:hone|od)\b/, "iOS"],
  [/\biPad\b/, "iPadOS"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** "Firefox 140, Linux", out of `navigator.userAgent`; "" of one that we do not know. */
export function browserOf(agent: string): string {
  const browser = BROWSERS.map(([form, name]) => [name, form.exec(agent)?.[1]]).find(([, version]) => version);
  const system = SYSTEMS.find(([form]) => form.test(agent));
  return [browser?.join(" "), system?.[1]].filter(Boolean).join(", ");
}
