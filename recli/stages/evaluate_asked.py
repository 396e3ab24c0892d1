"""What a run of evaluate is asked for: metrics as words of the command line."""

import dataclasses
import re
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recli import registry
from recli.errors import ExitCode, RecliError

POPULARITY = "popularity"  # name of the baseline among the lists
_METRIC = re.compile(r"[A-Za-z][\w-]*(?:[@:].*)?")  # a path has a suffix or a slash
_WORD = re.compile(r"(?P<name>[a-z][a-z-]*)(?:@(?P<k>\d+))?(?::(?P<definitions>.*))?")


@dataclass(frozen=True)
class Asked:
    """One metric to report: a plug-in with its definitions, and the places it looks at."""

    name: str
    k: int  # 0 where it looks at whole lists
    metric: Any

    @property
    def label(self) -> str:
        """As it is asked for, without definitions: `ndcg@10`, or `rmse`."""
        return f"{self.name}@{self.k}" if self.k else self.name

    @property
    def of_pairs(self) -> bool:
        """Whether it compares scores with ratings."""
        return hasattr(self.metric, "of_pairs")

    @property
    def less_is_better(self) -> bool:
        """Whether a smaller value is a better one."""
        return bool(getattr(self.metric, "LESS_IS_BETTER", False))

    @property
    def definitions(self) -> dict[str, Any]:
        """Every choice that the metric was made with."""
        return dataclasses.asdict(self.metric)

    @property
    def definition(self) -> str:
        """The choices on one line: `gain=linear`."""
        return ",".join(f"{key}={value}" for key, value in self.definitions.items())


def told_apart(words: list[str]) -> tuple[list[str], list[Asked]]:
    """Tables and metrics among the arguments of the command, each in its order.

    A word that is spelled as a metric is one, unless a file has that name. Raises RecliError
    (usage) for an unknown metric, a missing k and a wrong definition.
    """
    tables: list[str] = []
    asked: list[Asked] = []
    for word in words:
        if _METRIC.fullmatch(word) and not Path(word).exists():
            asked.append(parsed(word))
        else:
            tables.append(word)
    return tables, list(dict.fromkeys(asked))


def parsed(word: str) -> Asked:
    """The metric that `NAME@K` or `NAME@K:FIELD=VALUE,FIELD=VALUE` asks for.

    >>> parsed("ndcg@10:gain=exp").definition
    'gain=exp'
    """
    found = _WORD.fullmatch(word)
    name = word.partition("@")[0].partition(":")[0]
    known = registry.names("metrics")
    if name not in known:
        what = "no metric" if "@" in word else "neither a file nor a metric"
        raise RecliError(
            f"{word} is {what}", f"metrics are {', '.join(known)}, as ndcg@10", code=ExitCode.USAGE
        )
    plugin = registry.load("metrics", name)
    places = _places(word, name, plugin, None if found is None else found["k"])
    definitions = word.partition(":")[2]
    pairs = [pair.partition("=") for pair in definitions.split(",") if pair]
    fields = {field.name: field for field in registry.fields(plugin)}
    unknown = [key for key, _, _ in pairs if key not in fields]
    if unknown:
        choices = ", ".join(f"{field}={_shown(fields[field].type)}" for field in fields)
        raise RecliError(
            f"{word}: {name} has no choice {', '.join(unknown)}",
            f"it has {choices or 'none'}",
            code=ExitCode.USAGE,
        )
    values = {key: _value(word, fields[key], value) for key, _, value in pairs}
    return Asked(name, places, plugin(**values))


def _places(word: str, name: str, plugin: Any, written: str | None) -> int:
    """The places of a list that a metric looks at, 0 for all; RecliError (usage) where unsaid."""
    if hasattr(plugin, "of_pairs"):
        if word.partition(":")[0] != name:
            raise RecliError(
                f"{word}: {name} looks at whole lists", f"write {name}", code=ExitCode.USAGE
            )
        return 0
    if written is None or int(written) < 1:
        raise RecliError(
            f"{word} says not how many places of a list to look at",
            f"write {name}@10",
            code=ExitCode.USAGE,
        )
    return int(written)


def named(words: list[str]) -> tuple[dict[str, str], str]:
    """Paths of the lists by the name that the report gives them, and the path of truth.

    One table of lists is `lists`, so that a pipe and a file report alike; several have their
    paths. Raises RecliError (usage) when a table is missing or named twice.
    """
    if len(words) < 2:
        given = f"only {words[0]}" if words else "none"
        raise RecliError(
            f"lists and truth are two tables, there is {given}",
            "write RECS TRUTH METRIC, as recs.parquet test.parquet ndcg@10",
            code=ExitCode.USAGE,
        )
    *paths, truth = words
    if len(paths) == 1:
        return {"lists": paths[0]}, truth
    lists = {"standard input" if path == "-" else path: path for path in paths}
    if len(lists) < len(paths) or POPULARITY in lists:
        raise RecliError(
            f"two columns of the report would have one name: {', '.join(paths)}",
            f"name each table once, and none {POPULARITY}",
            code=ExitCode.USAGE,
        )
    return lists, truth


def described() -> str:
    """Every metric with its choices, for the help: `ndcg (gain=linear|exp)`."""
    parts = []
    for name in registry.names("metrics"):
        fields = registry.fields(registry.load("metrics", name))
        choices = "; ".join(f"{field.name}={_shown(field.type)}" for field in fields)
        parts.append(f"{name} ({choices})" if choices else name)
    return ", ".join(parts)


def _shown(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Literal:
        return "|".join(map(str, typing.get_args(kind)))
    kinds = typing.get_args(kind) or (kind,)
    return str(next(one.__name__ for one in kinds if one is not type(None))).upper()


def _value(word: str, field: registry.Field, text: str) -> Any:
    kinds = typing.get_args(field.type) or (field.type,)
    if typing.get_origin(field.type) is typing.Literal:
        chosen = {str(kind): kind for kind in kinds}.get(text)
    else:
        chosen = _number(next(kind for kind in kinds if kind is not type(None)), text)
    if chosen is None:
        raise RecliError(
            f"{word}: {field.name} cannot be '{text}'",
            f"write {field.name}={_shown(field.type)}",
            code=ExitCode.USAGE,
        )
    return chosen


def _number(kind: Any, text: str) -> Any:
    """The text as a value of the type, None where it is not one."""
    if kind is bool:
        return {"true": True, "false": False}.get(text)
    try:
        return kind(text) if text else None
    except ValueError:
        return None
