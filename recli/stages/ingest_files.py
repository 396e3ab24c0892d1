"""Inputs by name as files that some source plug-in reads."""

import dataclasses
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.stages.ingest_read import File
from recli.store.foreign import arrow_record, format_of
from recli.store.open import footer
from recli.store.plain import plain, transcoded
from recli.store.provenance import Input
from recli.store.spool import source


def open_files(
    names: list[str], form: str | None, encoding: str, options: dict[str, Any]
) -> list[File]:
    """Files of one format, decompressed where they are gzip or zstd, never expanded or fetched.

    `options` go to the source's fields of the same names. Raises RecliError for what is
    missing, empty or of no format, and for options that the format does not have.
    """
    given = {name: value for name, value in options.items() if value is not None}
    files = []
    for name in names:
        part = plain(source(name))
        if encoding != "utf-8":
            part = transcoded(part, encoding)
        found = form or format_of(part)
        if not part.size:
            raise RecliError(f"{part.where} is empty", "check the command that should fill it")
        plugin = registry.load("sources", found)
        known = {field.name for field in dataclasses.fields(plugin)}
        if not known.issuperset(given):
            flags = ", ".join(f"--{name}" for name in sorted(set(given) - known))
            raise RecliError(f"{part.where} is {found}, which has no {flags}", code=ExitCode.USAGE)
        files.append(File(part, plugin(**given)))
    if len({type(file.plugin) for file in files}) > 1:
        raise RecliError("the inputs are of different formats", "ingest them one by one")
    return files


def as_input(file: File) -> Input:
    """How provenance names a file: by its own record where recli made it."""
    part = file.part
    record = footer(part) if part.head(4) == b"PAR1" else arrow_record(part)
    if record:
        return Input("raw", part.sha256, None, record, record.get("time"))
    name = None if part.where == "standard input" else part.where.rpartition("/")[2]
    return Input("raw", part.sha256, name, None, part.time)
