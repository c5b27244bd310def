// What the build puts in place of two imports.
declare module "#glue" {
  /** wasm-bindgen's: compiles and starts the module. */
  export default function init(source: { module_or_path: unknown }): Promise<unknown>;
  /** `src/web/api.rs`. */
  export function start(facts: object, hooks: object): any;
}
