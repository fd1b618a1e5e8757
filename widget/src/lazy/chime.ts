/** What calls a reader back who looks elsewhere; only what he has chosen. */
import type { Chosen, Kit } from "../more.ts";

let audio: AudioContext | undefined;

function ring(): void {
  audio ??= new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.value = 0.1;
  // Quoted: methods of ours that are called so have shorter names in the bundle.
  tone["connect"](volume)["connect"](audio.destination);
  tone["start"]();
  tone.stop(audio.currentTime + 0.15);
}

/** One that this browser has not, or not for pages (notifications on Android), keeps no other from coming. */
function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // not in this browser
  }
}

export const chime =
  ({ say, sayUnread }: Kit) =>
  ({ sound, notify }: Chosen): void => {
    // Never what was said: it may be read by whoever stands in front of the screen.
    if (notify && document.hidden) attempt(() => new Notification(say("title"), { body: sayUnread(1) }));
    if (sound) attempt(ring);
  };
