import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isBundled, ownFile, packageRoot, requirePackage } from '../core/own-package.js';
import { version } from '../core/version.js';
import { checkAddonFile } from './addon-check.js';
import { cannotLoad, cannotLoadChosen, differentVersion, notFound } from './addon-errors.js';

/**
 * Loads the compiled addon: the one that the environment variable BLASNET_ADDON names; else one that was compiled in this
 * clone; that of the package blasnet-source, where it is installed and compiled; the package for this platform; a
 * prebuilt one of this clone; one beside the bundle.
 * @throws BlasnetError `ERR_NATIVE_LOAD` that says what mends it
 */
export function loadAddon(): unknown {
  const chosen = process.env.BLASNET_ADDON;
  if (chosen) {
    try {
      return load(resolve(chosen));
    } catch (cause) {
      throw cannotLoadChosen(chosen, cause);
    }
  }
  const target = platformTarget();
  const file =
    existing(join(packageRoot, 'build/Release/blasnet.node')) ??
    sourcePackageFile() ??
    targetPackageFile(target) ??
    existing(join(packageRoot, 'packages', target, 'blasnet.node')) ??
    (isBundled() ? existing(join(ownFile, '../blasnet.node')) : undefined);
  if (file === undefined) throw notFound(target);
  try {
    return load(file);
  } catch (cause) {
    throw cannotLoad(file, target, cause);
  }
}

/** The name of this platform, as packages are named: `linux-x64-musl`, `darwin-arm64`. */
function platformTarget(): string {
  const { platform, arch } = process;
  return platform === 'linux' ? `${platform}-${arch}-${isMusl() ? 'musl' : 'gnu'}` : `${platform}-${arch}`;
}

/** Required rather than imported: in a bundle of ES modules, a CommonJS module cannot require what Node.js has. */
function isMusl(): boolean {
  try {
    return (requirePackage('detect-libc') as typeof import('detect-libc')).familySync() === 'musl';
  } catch {
    const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime === undefined;
  }
}

function load(file: string): unknown {
  checkAddonFile(file);
  return requirePackage(file);
}

const existing = (file: string): string | undefined => (existsSync(file) ? file : undefined);

/** The addon of the package blasnet-source; undefined where it is not installed or not compiled. */
function sourcePackageFile(): string | undefined {
  if (!isInstalled('blasnet-source')) return undefined;
  return existing(requirePackage('blasnet-source') as string);
}

/** The addon of the package for this platform; undefined where it is not installed. */
function targetPackageFile(target: string): string | undefined {
  const name = `@blasnet/${target}`;
  return isInstalled(name) ? requirePackage.resolve(name) : undefined;
}

/** Whether a package with an addon is installed. Its version must be that of blasnet: kernels and their callers fit. */
function isInstalled(name: string): boolean {
  let installed: { readonly version: string };
  try {
    installed = requirePackage(`${name}/package.json`) as typeof installed;
  } catch {
    return false;
  }
  if (installed.version !== version) throw differentVersion(name, installed.version);
  return true;
}
