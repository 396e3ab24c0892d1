"""What a run of evaluate is asked for: metrics as words of the command line."""

import dataclasses
import difflib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.stages.choices import chosen
from recli.stages.evaluate_like import USUAL, Convention

if TYPE_CHECKING:
    from recli.kernels.lists import Values

POPULARITY, ITEM_KNN = "popularity", "item-knn"
ADDED = (POPULARITY, ITEM_KNN)  # baselines made of the history, by their names among the lists
_METRIC = re.compile(r"[A-Za-z][\w-]*(?:[@(].*)?")  # a path has a suffix or a slash
_WORD = re.compile(r"(?P<name>[a-z][a-z0-9-]*)(?:@(?P<k>\d+))?(?:\((?P<choices>[^()]+)\))?")
WHOLE = sys.maxsize  # places that no list has
SEE = "metrics are written as ndcg@10; `recli metrics` lists them"


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
    def written(self) -> str:
        """With every definition: `ndcg@10(gain=linear)`."""
        return f"{self.label}({self.definition})" if self.definitions else self.label

    @property
    def places(self) -> int:
        """How many places a metric is told to look at."""
        return self.k or WHOLE

    @property
    def needs(self) -> tuple[str, ...]:
        """What the metric reads beside the items of lists and of truth."""
        return getattr(self.metric, "NEEDS", ())

    @property
    def whole(self) -> bool:
        """Whether it looks at every place of the lists as they are laid out."""
        return not self.k and not {"rating", "log"} & {*self.needs}

    @property
    def averaged(self) -> bool:
        """Whether it is a mean or a ratio over users, and so has an interval."""
        return hasattr(self.metric, "of_users") or hasattr(self.metric, "of_ratio")

    def shown(self, means: "Values") -> "Values":
        """Means as the metric wants them reported."""
        found: Values = self.metric.of_mean(means) if hasattr(self.metric, "of_mean") else means
        return found

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


def told_apart(words: list[str], like: Convention = USUAL) -> tuple[list[str], list[Asked]]:
    """Tables and metrics among the arguments of the command, each in its order.

    A word that is spelled as a metric is one, unless a file has that name. Raises RecliError
    (usage) for an unknown metric, a missing k and a wrong definition.
    """
    tables: list[str] = []
    asked: list[Asked] = []
    for word in words:
        if _METRIC.fullmatch(word) and not Path(word).exists():
            asked.append(parsed(word, like))
        else:
            tables.append(word)
    return tables, list(dict.fromkeys(asked))


def parsed(word: str, like: Convention = USUAL) -> Asked:
    """The metric that `NAME@K` or `NAME@K(CHOICE, CHOICE)` asks for, with a tool's choices.

    >>> parsed("ndcg@10(exp)").written, parsed("rbp@10(p=0.9)").written
    ('ndcg@10(gain=exp)', 'rbp@10(p=0.9)')
    """
    found = _WORD.fullmatch(word)
    name = re.split("[@(:]", word)[0]
    known = registry.names("metrics")
    if name not in known:
        what = "no metric" if len(name) < len(word) else "neither a file nor a metric"
        raise RecliError(*unknown(name, f"{word} is {what}"), code=ExitCode.USAGE)
    name = like.instead.get(name, name)
    plugin = registry.load("metrics", name)
    places = _places(word, name, plugin, found)
    choices = None if found is None else found["choices"]
    own = chosen(word, plugin, choices) if choices else {}
    return Asked(name, places, plugin(**(dict(like.choices.get(name, {})) | own)))


def unknown(name: str, what: str) -> tuple[str, str]:
    """What is wrong with the name of a metric that is none, and what to do."""
    near = difflib.get_close_matches(name.lower(), registry.names("metrics"), 3)
    return what, f"did you mean {' or '.join(near)}?" if near else SEE


def _places(word: str, name: str, plugin: Any, found: re.Match[str] | None) -> int:
    """The places of a list that a metric looks at, 0 for all; RecliError (usage) where unsaid."""
    kind = getattr(plugin, "PLACES", "needed")
    example = name if kind == "none" else f"{name}@10"
    written = None if found is None else found["k"]
    fields = registry.fields(plugin)
    choices = f" or '{example}({fields[0].name}=…)'" if fields else ""
    wrong = None
    if found is None:
        wrong = "is not how a metric is written"
    elif kind == "none" and written is not None:
        wrong = "names places, and the metric looks at whole lists"
    elif (written is None and kind == "needed") or (written is not None and int(written) < 1):
        wrong = "says not how many places of a list to look at"
    if wrong:
        raise RecliError(f"{word} {wrong}", f"write {example}{choices}", code=ExitCode.USAGE)
    return int(written or 0)


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
    if len(lists) < len(paths) or lists.keys() & {*ADDED}:
        raise RecliError(
            f"two columns of the report would have one name: {', '.join(paths)}",
            f"name each table once, and none {' or '.join(ADDED)}",
            code=ExitCode.USAGE,
        )
    return lists, truth
