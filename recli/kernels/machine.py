"""What memory this machine has: the kernel's own tables, no file of anybody's."""

from pathlib import Path

GIB = 1 << 30
_FREE = "/proc/meminfo"
# What a container may take, by version 2 and version 1 of the kernel's interface.
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def free_memory() -> int | None:
    """Bytes that can be had without swapping, by a container's limit; None where nobody says."""
    found = [_kibibytes("MemAvailable:"), *(_bytes(file) for file in _LIMITS)]
    return min((size for size in found if size is not None), default=None)


def as_size(count: float) -> str:
    """Bytes as people read them.

    >>> as_size(3 << 29), as_size(1 << 16)
    ('1.5 GiB', '0.0625 MiB')
    """
    return f"{count / GIB:,.1f} GiB" if count >= GIB else f"{count / 2**20:.3g} MiB"


def _kibibytes(name: str) -> int | None:
    sizes = [line.split()[1] for line in _words(_FREE).splitlines() if line.startswith(name)]
    return int(sizes[0]) * 1024 if sizes else None


def _bytes(file: str) -> int | None:
    size = _words(file).strip()
    return int(size) if size.isdigit() else None  # "max" is no limit


def _words(file: str) -> str:
    """What a file of the kernel says; nothing on another system."""
    try:
        return Path(file).read_text(encoding="ascii")
    except OSError:
        return ""
