// The little of Node that the tests use; @types/node would be a dependency for seven names.
declare module "node:test" {
  export function test(name: string, body: () => void | Promise<void>): void;
  export const mock: { timers: { enable(options: object): void; tick(milliseconds: number): void; reset(): void } };
}
declare module "node:assert/strict" {
  export function equal(actual: unknown, expected: unknown, message?: string): void;
  export function deepEqual(actual: unknown, expected: unknown, message?: string): void;
  export function ok(value: unknown, message?: string): void;
}
declare const process: { hrtime(since?: [number, number]): [number, number] };
