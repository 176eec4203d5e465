/** Fetching what lies beside this file, only if it is what was built with it. */

/** The hub is where this very script came from: nothing to configure, nothing to get wrong. */
export const HERE = import.meta.url;

/**
 * The module whose content has this SHA-256, which is also its name; undefined when it does not come.
 * A script element first, since `import()` alone cannot name the hash that the file must have.
 */
export function load<Module>(hash: string): Promise<Module> {
  const script = document.createElement("script");
  script.type = "module";
  script.src = new URL(`${hash}.js`, HERE).href;
  script.integrity = `sha256-${hash}=`;
  document.head.append(script);
  script.remove();
  // The browser holds one file per address: this waits for the one that is checked.
  return import(script.src).catch(() => {});
}

/** How a module that was loaded gets at another one. */
export type Load = typeof load;
