// What the build puts in place of two imports.
declare module "#glue" {
  /** wasm-bindgen's: what the module imports, and what follows when it is there. */
  export function imports(): WebAssembly.Imports;
  export function finish(instance: WebAssembly.Instance): unknown;
  /** `src/web/api.rs`, and more. */
  export function start(facts: object, hooks: object): string;
}
