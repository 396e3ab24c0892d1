"""What every metric is: read from the files of the metrics, for people and for programs."""

import json
import textwrap
from dataclasses import dataclass
from typing import Any

import polars as pl

import recli
from recli import registry
from recli.errors import ExitCode, RecliError
from recli.stages.choices import shown, spelled
from recli.stages.evaluate_asked import unknown

FORMAT = 1
WIDTH = 100


@dataclass(frozen=True)
class Told:
    """A metric as its file declares it."""

    name: str
    plugin: type[Any]

    @property
    def written(self) -> str:
        """How it is asked for, with its choices."""
        return spelled(self.name, self.plugin)

    @property
    def better(self) -> str:
        """Which values are better ones."""
        return "less" if getattr(self.plugin, "LESS_IS_BETTER", False) else "more"

    @property
    def needs(self) -> str:
        """What it reads beside items of lists and of truth, or nothing."""
        options = {"history", "items", "items or history"}
        words = {need: f"--{need.replace(' or ', ' or --')}" for need in options}
        words |= {"score": "score", "rating": "rating of truth", "log": "a log of what was clicked"}
        return ", ".join(words[need] for need in getattr(self.plugin, "NEEDS", ()))

    @property
    def facts(self) -> dict[str, str]:
        """What is told of it in a row of a table."""
        return {
            "metric": self.name,
            "written": self.written,
            "definition": registry.help_line("metrics", self.name),
            "range": self.plugin.RANGE,
            "better": self.better,
            "needs": self.needs,
            "source": self.plugin.SOURCE,
        }

    @property
    def choices(self) -> list[dict[str, object]]:
        """Its fields, the first of several values being the default."""
        return [
            {"name": one.name, "values": shown(one.type), "default": one.default, "help": one.help}
            for one in registry.fields(self.plugin)
        ]

    @property
    def paragraph(self) -> str:
        """Everything but the particulars, on a few lines."""
        facts = self.facts
        needs = f" Needs {facts['needs']}." if facts["needs"] else ""
        more = f"{facts['range']}; {facts['better']} is better.{needs} {facts['source']}."
        return "\n".join(
            [facts["written"], *_indented(facts["definition"]), *_indented(more)],
        )

    @property
    def page(self) -> str:
        """Everything, with what each choice is."""
        _, _, rest = registry.docstring("metrics", self.name).partition("\n")
        lines = [self.paragraph, rest.rstrip()] if rest.strip() else [self.paragraph]
        about = (self.plugin.__doc__ or "").strip()
        lines += ["", about]
        for one in self.choices:
            default = "" if one["default"] is None else f" [default: {one['default']}]"
            lines.append(f"\n{one['name']}={one['values']}{default}\n    {one['help']}")
        return "\n".join(lines)


def told(names: list[str]) -> list[Told]:
    """The metrics of some names, or all; RecliError (usage) for one that is none."""
    known = registry.names("metrics")
    for name in names:
        if name not in known:
            raise RecliError(*unknown(name, f"no metric '{name}'"), code=ExitCode.USAGE)
    return [Told(name, registry.load("metrics", name)) for name in names or known]


def as_text(metrics: list[Told], *, pages: bool) -> str:
    """For people: a paragraph each, or everything."""
    return "\n\n".join(one.page if pages else one.paragraph for one in metrics)


def as_object(metrics: list[Told]) -> str:
    """One JSON object; its `format` changes when a field is renamed or dropped."""
    found = [
        one.facts | {"choices": one.choices, "text": registry.docstring("metrics", one.name)}
        for one in metrics
    ]
    own = {"format": FORMAT, "command": "metrics", "recli": recli.__version__}
    report = own | {"metrics": found}
    return json.dumps(report, ensure_ascii=True)


def as_frame(metrics: list[Told]) -> pl.DataFrame:
    """A row for each."""
    return pl.DataFrame([one.facts for one in metrics])


def _indented(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, initial_indent="    ", subsequent_indent="    ")
