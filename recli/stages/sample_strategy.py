"""How negatives are drawn: one way, or several by shares."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.kernels.sampling import Doubles, Sampler
from recli.store.open import Table


@dataclass(frozen=True)
class Strategy:
    """Ways to draw and how often each is taken."""

    samplers: tuple[tuple[str, Sampler], ...]
    shares: Doubles

    def check(self, tables: dict[str, Table]) -> None:
        """Raise RecliError (usage) where a way has no table to draw from, or a table no use."""
        needs = [(name, roles) for name, one in self.samplers for roles in one.NEEDS]
        for name, roles in needs:
            if not any(role in tables for role in roles):
                options = " or ".join(f"--{role} TABLE" for role in roles)
                raise RecliError(
                    f"'{name}' has nothing to draw from", f"add {options}", code=ExitCode.USAGE
                )
        both = [roles for _, roles in needs if sum(role in tables for role in roles) > 1]
        if both:
            raise RecliError(
                f"there are two tables to draw from: --{' and --'.join(both[0])}",
                "leave one of them out",
                code=ExitCode.USAGE,
            )
        used = {role for _, roles in needs for role in roles}
        idle = [role for role in ("impressions", "candidates", "similar") if role in tables]
        idle = [role for role in idle if role not in used]
        if idle:
            raise RecliError(
                f"nothing is drawn from --{' and --'.join(idle)}",
                "leave it out, or name a strategy that draws from it",
                code=ExitCode.USAGE,
            )


def parsed(text: str, **parameters: Any) -> Strategy:
    """The strategy of `uniform`, or of `mix 0.7 uniform 0.3 hard`; RecliError (usage) else.

    A parameter goes to every way that declares it.

    >>> [name for name, _ in parsed("mix 0.7 uniform 0.3 hard").samplers]
    ['uniform', 'hard']
    """
    words = text.split()
    if words[:1] == ["mix"]:
        names, shares = words[2::2], [_share(word, text) for word in words[1::2]]
    else:
        names, shares = words, [1.0] * len(words)
    if len(names) != len(shares) or not names or (len(names) > 1 and words[0] != "mix"):
        raise _wrong(text)
    known = registry.names("samplers")
    if any(name not in known for name in names) or len(set(names)) < len(names):
        raise _wrong(text)
    found = []
    for name in names:
        plugin = registry.load("samplers", name)
        fields = {field.name for field in registry.fields(plugin)}
        found.append((name, plugin(**{k: v for k, v in parameters.items() if k in fields})))
    return Strategy(tuple(found), np.array(shares))


def _share(word: str, text: str) -> float:
    try:
        share = float(word)
    except ValueError:
        raise _wrong(text) from None
    if not 0 < share < np.inf:
        raise _wrong(text)
    return share


def _wrong(text: str) -> RecliError:
    known = ", ".join(registry.names("samplers"))
    return RecliError(
        f"--strategy '{text}' is no way to draw negatives",
        f"take one of {known}, or a share before each: 'mix 0.7 uniform 0.3 hard'",
        code=ExitCode.USAGE,
    )
