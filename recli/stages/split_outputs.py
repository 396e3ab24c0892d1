"""The outputs that a splitter asks for, as the command line gives them."""

import dataclasses
import os
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.store.write import Output


def outputs_of(splitter: Any, given: dict[str, Output | None]) -> dict[str, Output]:
    """The outputs in the order of the splitter's parts.

    Raises RecliError (usage) when one is missing, not the splitter's, or named twice.
    """
    outputs = {name: given[name] for name in splitter.parts if given.get(name) is not None}
    faults = [f"--{name} is missing" for name in splitter.parts if name not in (*outputs, "valid")]
    faults += [
        f"this split has no --{name}"
        for name, output in given.items()
        if output is not None and name not in splitter.parts
    ]
    faults += [
        f"--{spec.name.replace('_', '-')} needs --valid FILE"
        for spec in dataclasses.fields(splitter)
        if spec.name.startswith("valid_") and getattr(splitter, spec.name) != spec.default
        if "valid" not in outputs
    ]
    targets = [os.path.realpath(each.target) for each in outputs.values() if each is not None]
    if len(set(targets)) < len(targets):
        faults.append("two outputs have the same name")
    if faults:
        raise RecliError("; ".join(faults), "see --help", code=ExitCode.USAGE)
    return {name: output for name, output in outputs.items() if output is not None}
