"""A wrong command line, environment variable or --config file, told in one line."""

from typing import Any

from recli.errors import ExitCode, RecliError


def told(error: Any) -> RecliError:
    """What Typer found wrong, where it stands and where to read on.

    `error` is a UsageError of Typer's own copy of click. What a --config file brought in is
    bad configuration (78), the rest wrong usage.
    """
    context: Any = error.ctx
    param: Any = getattr(error, "param", None)
    said = " ".join(error.format_message().split()).rstrip(".")
    if context is None:
        return RecliError(said, "see recli --help", code=ExitCode.USAGE)
    source = context.get_parameter_source(param.name) if param else None
    origin = "" if source is None else source.name
    code = ExitCode.USAGE
    if origin == "DEFAULT_MAP":
        words = ".".join(context.command_path.split()[1:])
        said = f"{context.params.get('config')}, table [{words}]: {said}"
        code = ExitCode.CONFIG
    elif origin == "ENVIRONMENT":
        variable = param.envvar or f"{context.auto_envvar_prefix}_{param.name.upper()}"
        said = f"environment variable {variable}: {said}"
    return RecliError(said, f"see {context.command_path} --help", code=code)
