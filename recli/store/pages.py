"""Pages for people, filled from the templates of this package."""

from typing import Any

from recli.errors import ExitCode, RecliError
from recli.store.text import safe

LONGEST = 2000  # characters of a value


def filled(template: str, **values: Any) -> str:
    """A template with its values: what comes from data is escaped and cannot become markup.

    Charts, which are markup already, are made while the page is filled. Raises RecliError where
    the library for it is missing.
    """
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError as error:
        raise RecliError(
            f"a page needs a library that is not installed: {error.name}",
            "pip install 'recli[report]'",
            code=ExitCode.CONFIG,
        ) from None

    def shown(value: Any) -> Any:
        """A value as it goes into the page: control characters are shown, never obeyed."""
        return value if isinstance(value, Markup) else safe(value, LONGEST)

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("recli.store", "templates"),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = lambda picture: Markup(picture.svg())  # noqa: S704
    return environment.get_template(template).render(values)
