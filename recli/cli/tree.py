"""What commands there are: the files of `cli/commands` and the plug-ins they open up.

A file of the folder is a command of its own name, or of its `NAME`, as `build-index auto`. Where
it sets `PLUGINS`, it is one command for every plug-in of that folder, as `train-{}` or `split {}`.
The first file of a family, as `ab plan` of `ab`, may say in `FAMILY` what all of it is about.
"""

import ast
from dataclasses import dataclass
from functools import cache
from typing import Any

from recli import registry

FOLDER = "cli/commands"
GROUPS = ("Prepare", "Train", "Serve", "Evaluate", "Tools")


@dataclass(frozen=True)
class Leaf:
    """One command that can be run."""

    words: tuple[str, ...]
    module: str  # its file in cli/commands
    group: str
    plugins: str | None = None  # folder of its plug-in
    plugin: str | None = None

    @property
    def help(self) -> str:
        """First docstring line of the plug-in, or of the command's own file."""
        if self.plugins and self.plugin:
            return registry.help_line(self.plugins, self.plugin)
        return registry.help_line(FOLDER, self.module)


@cache
def constants(name: str, folder: str = FOLDER) -> dict[str, Any]:
    """The upper-case constants of a command's or plug-in's file, read without importing it."""
    body = ast.parse(registry.source(folder, name).read_text("utf-8")).body
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.isupper()
        and isinstance(node.value, ast.Constant)
    }


def _leaves() -> dict[tuple[str, ...], Leaf]:
    found: dict[tuple[str, ...], Leaf] = {}
    for module in registry.names(FOLDER):
        known = constants(module)
        group = known["GROUP"]
        if "PLUGINS" not in known:
            words = tuple(known.get("NAME", module).split())
            found[words] = Leaf(words, module, group)
            continue
        for plugin in registry.names(known["PLUGINS"]):
            words = tuple(known["NAME"].format(plugin).split())
            found[words] = Leaf(words, module, group, known["PLUGINS"], plugin)
    return found


LEAVES = _leaves()


def example(leaf: Leaf) -> str:
    """A command line that runs: the plug-in's own, or that of the family."""
    own = constants(leaf.plugin, leaf.plugins) if leaf.plugins and leaf.plugin else {}
    line: str = own.get("EXAMPLE") or constants(leaf.module)["EXAMPLE"].format(leaf.plugin)
    return line


def members(words: tuple[str, ...]) -> list[str]:
    """The words that may follow `words`."""
    depth = len(words)
    follow = {leaf[depth] for leaf in LEAVES if leaf[:depth] == words and len(leaf) > depth}
    return sorted(follow)


def grouped(words: tuple[str, ...]) -> dict[str, list[str]]:
    """The words that may follow, by the stage of the funnel they belong to."""
    depth = len(words)
    result: dict[str, list[str]] = {group: [] for group in GROUPS} if not words else {}
    for name in members(words):
        leaf = next(leaf for leaf in LEAVES.values() if leaf.words[: depth + 1] == (*words, name))
        result.setdefault("Commands" if words else leaf.group, []).append(name)
    return {group: names for group, names in result.items() if names}


def help_of(words: tuple[str, ...]) -> str:
    """One sentence about a command or a group of commands."""
    if not words:
        return registry.docstring("", "__init__").partition("\n")[0]
    if words in LEAVES:
        return LEAVES[words].help
    leaf = next(leaf for leaf in LEAVES.values() if leaf.words[: len(words)] == words)
    told: str | None = constants(leaf.module).get("FAMILY")
    return told or registry.help_line(FOLDER, leaf.module)
