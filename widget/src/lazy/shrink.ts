/** Pictures made fit to be sent: smaller, and without what the camera wrote into them. */

/** Pixels of the longer side: a screenshot's letters must stay legible, a photo's need not. */
const SCREEN = 2560;
const PHOTO = 2000;
/** Bytes from which on a picture with sharp edges is sent as a photo all the same. */
const HEAVY = 2_000_000;
const QUALITY = 0.85;

/** What is to become of a picture. */
export interface Plan {
  width: number;
  height: number;
  type: "image/png" | "image/jpeg";
}

/** Decides by what the picture is and how big; null when it is to be left as it is. */
export function planFor(type: string, width: number, height: number): Plan | null {
  if (type === "image/gif") return null; // it may move
  const sharp = type === "image/png";
  const scale = Math.min(1, (sharp ? SCREEN : PHOTO) / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    type: sharp ? "image/png" : "image/jpeg",
  };
}

/** The name with the ending of what it has become. */
export const renamed = (name: string, type: string): string =>
  name.replace(/\.\w{1,5}$/, "") + (type === "image/png" ? ".png" : ".jpg");

/** Some browsers hand out noise instead of what was drawn, so that nobody can be told by it. */
function isHonest(context: CanvasRenderingContext2D): boolean {
  context.fillStyle = "#123456";
  context.fillRect(0, 0, 2, 2);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return red === 0x12 && green === 0x34 && blue === 0x56;
}

const encoded = (canvas: HTMLCanvasElement, type: string): Promise<Blob | null> =>
  new Promise((done) => canvas.toBlob(done, type, QUALITY));

/** The picture as it is to be sent; the file itself when it is none, or this browser cannot draw it. */
export async function shrink(file: File): Promise<File> {
  if (!file.type.startsWith("image/") || file.type.includes("svg")) return file;
  try {
    const picture = await createImageBitmap(file);
    const plan = planFor(file.type, picture.width, picture.height);
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    if (!plan || !context || !isHonest(context)) return file;
    const draw = (white: boolean) => {
      Object.assign(canvas, { width: plan.width, height: plan.height });
      context.fillStyle = "#fff";
      if (white) context.fillRect(0, 0, plan.width, plan.height);
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, 0, 0, plan.width, plan.height);
    };
    draw(plan.type === "image/jpeg"); // which knows of nothing that one can look through
    let blob = await encoded(canvas, plan.type);
    if (blob && blob.size > HEAVY) {
      draw(true);
      blob = await encoded(canvas, "image/jpeg");
    }
    picture.close();
    return blob ? new File([blob], renamed(file.name, blob.type), { type: blob.type }) : file;
  } catch {
    return file; // the service says whether it is taken
  }
}
