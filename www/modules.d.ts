// What the build puts in place of two imports.
declare module "#glue" {
  /** What the module imports, and what follows when it is there. */
  export function imports(): WebAssembly.Imports;
  export function finish(instance: WebAssembly.Instance): unknown;
  /** `src/web/api.rs`. */
  export const recorder: { [name: string]: (...given: any[]) => any };
}
