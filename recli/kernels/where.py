"""The expression language of rules: SQL conditions over the columns of a row."""

import re

import polars as pl

from recli.errors import ExitCode, RecliError

_QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
# Quoted text is matched first, so that nothing is rewritten inside it.
_MEMBER = re.compile(rf"('(?:[^']|'')*')\s+(not\s+)?in\s+(\w+(?:\.\w+)?)(?!\s*\()|{_QUOTED}", re.I)
# How polars spells an expression that needs other rows.
_BEYOND = re.compile(
    r"\b(?:len|int_range)\(|\.(?:max|min|mean|sum|count|median|std|var|first|last|n_unique|rank"
    r"|shift|quantile|implode|over|cum_\w+|pearson_correlation|covariance|explode)\("
)
_CLOCK = re.compile(r"\bnow\s*\(|\bcurrent_(?:date|time|timestamp)\b", re.I)
CAME = "(came)"  # column with the ranks that conditions ask about, where rows have moved since
LONG = 100  # past it a parser's reason is a dump of its tree
_USER = re.compile(rf"{_QUOTED}|\buser\.(\w+)", re.I)


def parse(condition: str, flag: str = "--where") -> pl.Expr:
    """A condition as an expression over columns; those of the user are named `user.NAME`.

    Beside SQL, `'Horror' in genres` and `'Horror' not in genres` ask about a list column.
    Raises RecliError (usage) where it cannot be parsed.

    >>> rows = pl.DataFrame({"price": [10, 30], "genres": [["Drama"], ["Horror"]]})
    >>> rows.filter(parse("price < 20 and 'Horror' not in genres"))["price"].to_list()
    [10]
    """
    spelled = _USER.sub(lambda found: f'"user.{found[1]}"' if found[1] else found[0], condition)
    spelled = _MEMBER.sub(_membership, spelled)
    if _CLOCK.search(re.sub(_QUOTED, "''", condition)):
        raise RecliError(
            f"{flag} asks the clock: {condition}",
            "name the moment, as timestamp '2025-01-31': the same command then gives the same rows",
            code=ExitCode.USAGE,
        )
    try:
        return _row_wise(pl.sql_expr(spelled), condition, flag)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        told = f" ({reason})" if len(reason) < LONG else ""
        raise RecliError(
            f"{flag} cannot be read: {condition}{told}",
            "write it as in SQL: \"price < 20 and 'Horror' not in genres\"",
            code=ExitCode.USAGE,
        ) from None


def _row_wise(parsed: pl.Expr, condition: str, flag: str) -> pl.Expr:
    """The same expression; RecliError where it looks beyond its own row."""
    if _BEYOND.search(re.sub(_QUOTED, "''", str(parsed))):
        raise RecliError(
            f"{flag} looks beyond a row: {condition}",
            "compare the columns of one row; sums, means and windows have no place here",
            code=ExitCode.USAGE,
        )
    return parsed


def _membership(found: re.Match[str]) -> str:
    value, negated, column = found.groups()
    if value is None:
        return found[0]
    return f"{'not ' if negated else ''}array_contains({column}, {value})"


def columns(condition: pl.Expr) -> set[str]:
    """Names of the columns that a condition asks about."""
    return set(condition.meta.root_names())


def holds(rows: pl.DataFrame, condition: pl.Expr, flag: str = "--where") -> pl.Series:
    """Whether it holds, a Boolean for each row; where a value is missing it does not.

    Times are compared without their zone, which is UTC. Raises RecliError (data) where the
    types do not fit.
    """
    naive = [
        pl.col(name).dt.replace_time_zone(None)
        for name, kind in rows.schema.items()
        if isinstance(kind, pl.Datetime)
    ]
    if CAME in rows.columns:
        rows = rows.with_columns(pl.col(CAME).alias("rank"))
    try:
        rows = rows.with_columns(naive)
        _check_types(condition, pl.LazyFrame(schema=rows.schema), flag)
        return rows.with_columns(condition.alias("holds"))["holds"].fill_null(False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise RecliError(
            f"{flag} does not fit the columns: {reason}",
            "compare numbers with numbers, text with 'text', times with timestamp '2025-01-31'; "
            "ask a list by 'value' in column",
        ) from None


def _check_types(condition: pl.Expr, schema: pl.LazyFrame, flag: str) -> None:
    """Raise RecliError for what polars would compare without sense: a date with a number, say."""
    if _kind(condition, schema) != "truth value":
        raise RecliError(f"{flag} is no condition that holds or does not", 'compare: "price < 20"')
    waiting = [condition]
    while waiting:
        parts = waiting.pop().meta.pop()
        waiting += parts
        kinds = {_kind(part, schema) for part in parts} if len(parts) == 2 else set()
        if "null" in kinds:
            raise RecliError(f"{flag} compares with null", "write IS NULL or IS NOT NULL")
        if len(kinds & {"number", "time", "truth value"}) > 1:
            raise RecliError(
                f"{flag} compares a {' with a '.join(sorted(kinds))}",
                "write times as timestamp '2025-01-31', and '10 < price < 20' in two parts",
            )


def _kind(part: pl.Expr, schema: pl.LazyFrame) -> str:
    """What a part of a condition is, as far as comparing goes."""
    kind = schema.select(part.alias("part")).collect_schema()["part"]
    if kind == pl.Null:
        return "null"
    if kind == pl.Boolean:
        return "truth value"
    return "number" if kind.is_numeric() else "time" if kind.is_temporal() else "other"
