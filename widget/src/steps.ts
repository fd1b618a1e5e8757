/** Work in steps that share a list: what is still in it is still to be done. */
export type Steps = (() => void)[];

/** Does one step in each task of the browser: the page comes in between, and is never held up. */
export function inTurn(steps: Steps): void {
  setTimeout(() => {
    steps.shift()?.();
    if (steps[0]) inTurn(steps);
  });
}

/** Does all that is left. */
export const atOnce = (steps: Steps): void => steps.splice(0).forEach((step) => step());
