"""Shares of a whole as people write them."""

from recli.errors import ExitCode, RecliError


def share(flag: str, word: str) -> float:
    """A share strictly between 0 and 1, written as a percentage or a number.

    Raises RecliError (usage) for anything else.

    >>> share("--test-share", "20%"), share("--test-share", "0.2")
    (0.2, 0.2)
    """
    try:
        value = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise RecliError(f"{flag} {word}", "give a share such as 20%", code=ExitCode.USAGE)
    return value


def late_and_middle(test: str, valid: str) -> tuple[float, float]:
    """The shares to test and to validate on; RecliError where nothing would be left to train."""
    late, middle = share("--test-share", test), share("--valid-share", valid)
    if late + middle >= 1:
        raise RecliError(
            f"--test-share {test} and --valid-share {valid} leave nothing to train on",
            "give smaller ones",
            code=ExitCode.USAGE,
        )
    return late, middle
