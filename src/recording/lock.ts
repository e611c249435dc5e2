/**
 * One writer for a file. SQLite alone would let two in, each waiting for the other's transactions.
 *
 * @module
 */

/** Held until it is released, or the process ends in whatever way. */
export interface FileLock {
  release(): void;
}

/** Where the lock of a file is kept: a file beside it, since SQLite has its own locks on the file itself. */
export function lockPath(path: string): string {
  return `${path}-lock`;
}

/**
 * Takes the lock of a file; undefined when somebody holds it. The operating system lets it go when the process dies.
 */
export function tryLock(path: string): FileLock | undefined {
  const name = lockPath(path);
  while (true) {
    const file = Deno.openSync(name, { create: true, read: true, write: true });
    if (!file.tryLockSync(true)) {
      file.close();
      return undefined;
    }
    if (!isStillThere(name, file)) {
      // The holder before removed it between our opening and locking: this lock would guard nothing.
      file.close();
      continue;
    }
    try {
      file.truncateSync(0);
      file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    } catch (error) {
      Deno.removeSync(name);
      file.close();
      throw error;
    }
    return {
      release: () => {
        // It may be gone with its folder, or be another's by now.
        if (isStillThere(name, file)) Deno.removeSync(name);
        file.close();
      },
    };
  }
}

function isStillThere(name: string, file: Deno.FsFile): boolean {
  try {
    return Deno.statSync(name).ino === file.statSync().ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The process that holds the lock, as it wrote itself down; undefined when that cannot be read. */
export function lockHolder(path: string): number | undefined {
  try {
    const pid = Number.parseInt(Deno.readTextFileSync(lockPath(path)), 10);
    return Number.isNaN(pid) ? undefined : pid;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return undefined;
    }
    throw error;
  }
}

/** True while somebody writes to the file. */
export function isLocked(path: string): boolean {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(lockPath(path), { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  try {
    return !file.tryLockSync(false);
  } finally {
    file.close();
  }
}
