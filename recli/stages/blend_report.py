"""What a fit of weights found: a config for `merge weighted`, and lines for people."""

from recli.kernels.simplex import WHOLE
from recli.stages.blend import Blend, Fitted, Measured
from recli.stages.evaluate_asked import Asked
from recli.store import text


def config(found: Fitted, metric: Asked) -> str:
    """TOML that `recli merge weighted` takes by --config, its grounds in comments."""
    weights = ",".join(_weights(found.best))
    grounds = [f"# {line}".rstrip() for line in shown(found, metric).splitlines()]
    options = [
        "[merge.weighted]",
        f"# of {', '.join(text.safe(name, 200) for name in found.names)}, in this order",
        f'weights = "{weights}"',
        f'normalise = "{found.best.scale}"',
    ]
    return "\n".join([*grounds, "", *options])


def shown(found: Fitted, metric: Asked) -> str:
    """The value of each source, of equal weights and of fitted ones on the held-out users."""
    lines: list[list[object]] = [
        [one.name, weight, _cell(one)]
        for one, weight in zip(found.measured, [*_weights(found.fitted), "", ""], strict=True)
    ]
    lines += [[one.name, "", _cell(one)] for one in (found.over_equal, found.over_best)]
    fitted, held_out = found.users
    definition = f" ({metric.definition})" if metric.definition else ""
    kept = "fitted weights" if found.best is found.fitted else "equal weights"
    why = "better" if found.best is found.fitted else "the fitted ones are not better"
    return "\n".join(
        [
            f"{metric.label}{definition} on {held_out:,} held-out users; "
            f"weights fitted to {fitted:,} others, scores {found.fitted.scale}, "
            f"{found.looked_at:,} blends looked at",
            text.table(["lists", "weight", metric.label], lines),
            f"kept: {kept}, {why} by more than chance",
        ]
    )


def _weights(blend: Blend) -> list[str]:
    return [f"{percent / WHOLE:g}" for percent in blend.weights]


def _cell(one: Measured) -> str:
    return f"{one.value:.4f} [{one.low:.4f}, {one.high:.4f}]"
