"""Models, rankers and indexes as directories: a manifest beside files it vouches for."""

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.store.commit import publish_directory
from recli.store.failures import reading, writing
from recli.store.provenance import FORMAT, Input, Provenance, as_bytes, hash_file
from recli.store.target import check_target

MANIFEST = "manifest.json"
LIBRARIES = ("numpy", "numba", "polars", "pyarrow")
TIMINGS = "timings"  # of a manifest: what a clock measured, which is no part of what it is
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Artefact:
    """A directory whose every file was found to be what the manifest says."""

    path: Path
    manifest: Manifest
    sha256: str

    @property
    def kind(self) -> str:
        """`model`, `index` or `ranker`."""
        return str(self.manifest["kind"])

    @property
    def plugin(self) -> str:
        """Name of the plug-in that made it."""
        return str(self.manifest["plugin"])

    def file(self, name: str) -> Path:
        """Path of one of its files; only files of the manifest can be had."""
        if name not in self.manifest["files"]:
            raise RecliError(f"{self.path} holds no {name}", "make it again")
        return self.path / name

    def as_input(self, role: str) -> Input:
        """How provenance names this artefact."""
        record = self.manifest["provenance"]
        return Input(role, self.sha256, None, record, record.get("time"))


def check_place(target: str, kind: str) -> Path:
    """The path, once it is sure that an artefact of a kind can be put there.

    One of the same kind is replaced. Raises RecliError (cannot create) for anything else.
    """
    path = Path(target)
    check_target(path, directory=True)
    there = _kind_at(path) if (path / MANIFEST).is_file() else kind
    if there != kind:
        found = _named(there) if there else "a manifest that recli did not write"
        raise RecliError(
            f"{target} holds {found}, the result is {_named(kind)}",
            "choose another name with -o or remove it",
            code=ExitCode.CANNOT_CREATE,
        )
    return path


def _kind_at(path: Path) -> str:
    """What a manifest says it is, unverified; '' where it says nothing."""
    try:
        return str(json.loads((path / MANIFEST).read_bytes())["kind"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _named(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


@contextmanager
def publish(
    target: Path,
    kind: str,
    plugin: tuple[str, Any],
    provenance: Provenance,
    rows: dict[str, int],
    **more: Any,
) -> Iterator[tuple[Path, Manifest]]:
    """Give a directory to fill and a manifest to add to; publish both together.

    `plugin` is its name and its instance, whose fields become `parameters`. The manifest is
    written last, with the size and SHA-256 of every file.
    """
    name, instance = plugin
    check_place(str(target), kind)
    manifest: Manifest = {
        "format": FORMAT,
        "kind": kind,
        "plugin": name,
        "parameters": asdict(instance),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "provenance": provenance.record(kind, rows),
        **more,
    }
    with publish_directory(target) as folder:
        yield folder, manifest
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        manifest["files"] = {
            path.relative_to(folder).as_posix(): {
                "size": path.stat().st_size,
                "sha256": hash_file(path),
            }
            for path in files
        }
        with writing(str(target)):
            (folder / MANIFEST).write_bytes(_encoded(manifest))


def is_artefact(name: str) -> bool:
    """Whether a path holds a manifest. Raises RecliError where it cannot be looked at."""
    with reading(name):
        return (Path(name) / MANIFEST).is_file()


def open_artefact(name: str, *kinds: str) -> Artefact:
    """Open a directory of one of `kinds`, every file verified before anything is loaded.

    Raises RecliError when it is missing, of another kind, made by a newer recli or damaged.
    """
    path = Path(name)
    if not is_artefact(name):
        if not path.exists():
            raise RecliError(f"{name} does not exist", "check the path", code=ExitCode.NO_INPUT)
        raise RecliError(
            f"{name} is not a {' or '.join(kinds)}: it has no {MANIFEST}",
            "name the directory that a train or build-index command made",
        )
    manifest, digest = _manifest(path)
    if kinds and manifest["kind"] not in kinds:
        raise RecliError(
            f"{name} is {_named(manifest['kind'])}, not {' or '.join(map(_named, kinds))}",
            f"'recli inspect {name}' shows what it is",
        )
    damaged = [fault for file in manifest["files"] for fault in _faults(path, file, manifest)]
    if damaged:
        raise RecliError(f"{name} is damaged: {'; '.join(damaged)}", "make it again")
    return Artefact(path, manifest, digest)


def _faults(path: Path, name: str, manifest: Manifest) -> list[str]:
    wanted = manifest["files"][name]
    file = path / name
    with reading(str(file)):
        if not file.is_file():
            return [f"{name} is missing"]
        size = file.stat().st_size
        if size != wanted["size"]:
            return [f"{name} has {size:,} bytes, it should have {wanted['size']:,}"]
        return [] if hash_file(file) == wanted["sha256"] else [f"{name} fails its checksum"]


def _encoded(manifest: Manifest) -> bytes:
    """A manifest with its own checksum, in the one spelling that is accepted back."""
    body = {key: value for key, value in manifest.items() if key != "sha256"}
    whole = {**body, "sha256": _digest(manifest, "sha256")}
    return as_bytes(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def _manifest(path: Path) -> tuple[Manifest, str]:
    file = path / MANIFEST
    with reading(str(file)):
        raw = file.read_bytes()
    try:
        manifest = json.loads(raw)
        whole = isinstance(manifest, dict) and _encoded(manifest) == raw
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        raise RecliError(f"{file} is damaged: it fails its own checksum", "make it again")
    if manifest["format"] > FORMAT:
        raise RecliError(
            f"{path} was made by a newer recli ({manifest['provenance']['recli']})",
            "upgrade recli or make it again",
        )
    return manifest, _digest(manifest, "sha256", TIMINGS)


def _digest(manifest: Manifest, *without: str) -> str:
    body = {key: value for key, value in manifest.items() if key not in without}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
