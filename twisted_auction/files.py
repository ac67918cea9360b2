"""Writing files atomically: a file is complete or absent."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import IO

PRIVATE = 0o600
"""The permissions of a file that only its owner may read."""


@contextmanager
def atomic_file(path: str | Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Write a file in this block. It replaces the old file at the end of the block.

    Until then the new file has no name, so an error, or the death of the process, leaves the old
    file unchanged and no other file. A pipe or a device, such as ``/dev/stdout``, is written
    directly.

    :param mode: the permissions of a new file; None for the usual ones.
    :raises OSError: if the file cannot be written.
    """
    path = Path(path)
    if path.is_relative_to("/dev") or (path.exists() and not path.is_file()):
        with open(path, "wb") as device:
            yield device
        return
    target = path.resolve()  # a symbolic link stays one
    with tempfile.TemporaryFile(dir=target.parent) as draft:
        yield draft
        draft.flush()
        name = target.with_name(f".{target.name[:200]}.{token_hex(8)}")
        try:
            _link(draft, name)
            os.chmod(name, _mode(target, mode))
            os.replace(name, target)
            _sync(target.parent)
        except BaseException:
            # Also after Ctrl-C, no file with the temporary name must stay.
            with suppress(OSError):
                os.unlink(name)
            raise


def _link(draft: IO[bytes], name: Path) -> None:
    """Give a nameless file a name, and flush its contents to the disk. If the system cannot link
    it, a copy gets the name."""
    folder = os.open(name.parent, os.O_RDONLY)
    try:
        # Only with a folder's descriptor does Python follow the symbolic link in /proc.
        os.link(f"/proc/self/fd/{draft.fileno()}", name.name, dst_dir_fd=folder)
        os.fsync(draft.fileno())
    except (OSError, NotImplementedError):
        draft.seek(0)
        with open(name, "wb", opener=_open_private) as copy:
            shutil.copyfileobj(draft, copy)
            copy.flush()
            os.fsync(copy.fileno())
    finally:
        os.close(folder)


def _open_private(name: str, flags: int) -> int:
    return os.open(name, flags, PRIVATE)


def _sync(folder: Path) -> None:
    """Flush the names in a folder to the disk, so that a file written later is not there alone."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system can
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mode(target: Path, mode: int | None) -> int:
    """The permissions of a file; if it does not exist, those of a new file."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        if mode is not None:
            return mode
        # The mask can only be read by setting it.
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask
