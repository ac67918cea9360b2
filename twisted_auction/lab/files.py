"""Files that are whole or not there: tables and pictures."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import IO


@contextmanager
def atomic_file(path: str | Path) -> Iterator[IO[bytes]]:
    """Write a file in this block; it takes the old one's place when the block has ended.

    Until then the new file has no name. So whatever ends the block, or the process, leaves the old
    file as it was and nothing beside it. A pipe or a device, such as ``/dev/stdout``, is written
    directly.

    :raises OSError: where it cannot be written.
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
            os.chmod(name, _mode(target))
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


def _link(draft: IO[bytes], name: Path) -> None:
    """Give a name to a file that has none: at once where the system can do that, else to a copy,
    and see that its contents are on the disk."""
    folder = os.open(name.parent, os.O_RDONLY)
    try:
        # With the folder's descriptor, Python follows the link that /proc has to the file.
        os.link(f"/proc/self/fd/{draft.fileno()}", name.name, dst_dir_fd=folder)
        os.fsync(draft.fileno())
    except (OSError, NotImplementedError):
        draft.seek(0)
        with open(name, "wb") as copy:
            shutil.copyfileobj(draft, copy)
            copy.flush()
            os.fsync(copy.fileno())
    finally:
        os.close(folder)


def _mode(target: Path) -> int:
    """The permissions of a file, or those of a new one."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask
