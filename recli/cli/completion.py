"""Static completion scripts, made from the command tree."""

from dataclasses import dataclass

from recli.cli import tree
from recli.cli.command import build


@dataclass(frozen=True)
class Choice:
    """One option of a command: its flags, help and the values it may take."""

    flags: tuple[str, ...]
    help: str
    values: tuple[str, ...]  # empty where anything goes
    takes: bool  # whether a value follows


def choices(words: tuple[str, ...]) -> list[Choice]:
    """The options of a command, in the order of its help."""
    found = []
    for parameter in build(tree.LEAVES[words]).params:
        if parameter.param_type_name != "option":
            continue
        flags = (*parameter.opts, *parameter.secondary_opts)
        takes = not parameter.is_flag
        found.append(Choice(flags, parameter.help or "", parameter.literals, takes))
    return [*found, Choice(("-h", "--help"), "Show the help.", (), takes=False)]


def _paths() -> list[tuple[str, ...]]:
    """Every path in the tree that words can follow, the root first."""
    return sorted({words[:depth] for words in tree.LEAVES for depth in range(len(words))})


def bash() -> str:
    """The script for bash."""
    cases = [
        f'    "{" ".join(words)}") words="{" ".join(tree.members(words))} --help"; plain= ;;'
        for words in _paths()
    ]
    values = []
    for words in sorted(tree.LEAVES):
        flags = " ".join(flag for choice in choices(words) for flag in choice.flags)
        cases.append(f'    "{" ".join(words)}") words="{flags}" ;;')
        values += [
            f'    "{" ".join(words)} {flag}") words="{" ".join(choice.values)}"; plain= ;;'
            for choice in choices(words)
            if choice.values
            for flag in choice.flags
        ]
    filled = _BASH.replace("@CASES@", "\n".join(cases)).replace("@VALUES@", "\n".join(values))
    return filled.replace("@DEEP@", _deep())


def zsh() -> str:
    """The script for zsh."""
    cases = []
    for words in _paths():
        listed = " ".join(_quoted(f"{n}:{tree.help_of((*words, n))}") for n in tree.members(words))
        cases.append(
            f'    "{" ".join(words)}") local -a members=({listed})\n'
            "      _describe command members ;;"
        )
    for words in sorted(tree.LEAVES):
        specs = " ".join(_spec(choice, flag) for choice in choices(words) for flag in choice.flags)
        cases.append(f'    "{" ".join(words)}") _arguments {specs} "*:file:_files" ;;')
    return _ZSH.replace("@CASES@", "\n".join(cases)).replace("@DEEP@", _deep())


def fish() -> str:
    """The script for fish."""
    lines = ["complete -c recli -f"]
    for words in _paths():
        condition = _fish_condition(words)
        lines += [
            f"complete -c recli -n {condition} -a {name} -d {_quoted(tree.help_of((*words, name)))}"
            for name in tree.members(words)
        ]
    for words in sorted(tree.LEAVES):
        condition = f"'{_fish_seen(words)}'"
        lines.append(f"complete -c recli -n {condition} -F")
        lines += [_fish_option(condition, choice) for choice in choices(words)]
    return "\n".join(lines) + "\n"


def _fish_condition(words: tuple[str, ...]) -> str:
    if not words:
        return "__fish_use_subcommand"
    members = " ".join(tree.members(words))
    return f"'{_fish_seen(words)}; and not __fish_seen_subcommand_from {members}'"


def _fish_seen(words: tuple[str, ...]) -> str:
    return "; and ".join(f"__fish_seen_subcommand_from {word}" for word in words)


def _fish_option(condition: str, choice: Choice) -> str:
    flags = " ".join(
        f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in choice.flags
    )
    values = f" -x -a '{' '.join(choice.values)}'" if choice.values else " -r" * choice.takes
    return f"complete -c recli -n {condition} {flags}{values} -d {_quoted(choice.help)}"


def _spec(choice: Choice, flag: str) -> str:
    text = choice.help.replace("[", "(").replace("]", ")").replace(":", " ")
    value = f":value:({' '.join(choice.values)})" if choice.values else ":value:_files"
    return _quoted(f"{flag}[{text}]{value if choice.takes else ''}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "’") + "'"


def _deep() -> str:
    return "|".join(" ".join(words) for words in _paths() if words)


_BASH = """\
# bash completion for recli, printed by `recli completions bash`
_recli() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local path="" word words="" plain=1 i deep='^(@DEEP@)$'
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == -* ]] && break
    [[ $i != 1 && ! $path =~ $deep ]] && break
    path="${path:+$path }$word"
  done
  case "$path" in
@CASES@
  esac
  case "$path $before" in
@VALUES@
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ -n $plain && $current != -* ]] && COMPREPLY+=($(compgen -f -- "$current"))
  return 0
}
complete -o filenames -F _recli recli
"""
_ZSH = """\
#compdef recli
# zsh completion for recli, printed by `recli completions zsh`
_recli() {
  local path="${words[2]}" at=2 deep='^(@DEEP@)$'
  while [[ $path =~ $deep ]] && (( CURRENT > at + 1 )); do
    (( at += 1 ))
    path="$path ${words[at]}"
  done
  (( CURRENT == 2 )) && path="" && at=1
  words=("${(@)words[at,-1]}")
  (( CURRENT -= at - 1 ))
  case "$path" in
@CASES@
  esac
}
_recli "$@"
"""
SCRIPTS = {"bash": bash, "zsh": zsh, "fish": fish}
