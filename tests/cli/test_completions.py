"""The completion scripts that we ship are those that the command tree makes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import run

FOLDER = Path(__file__).resolve().parents[2] / "completions"
FILES = {"bash": "recli.bash", "zsh": "_recli", "fish": "recli.fish"}


@pytest.mark.parametrize("shell", sorted(FILES))
def test_the_script_is_fresh(shell: str) -> None:
    made = run("completions", shell).stdout.decode()
    assert (FOLDER / FILES[shell]).read_text("utf-8") == made, f"recli completions {shell} > …"


@pytest.mark.parametrize("shell", sorted(FILES))
def test_the_shell_accepts_it(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    done = subprocess.run([shell, "-n", FOLDER / FILES[shell]], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def completed(*words: str) -> set[str]:
    script = (
        f"source {FOLDER}/recli.bash; COMP_WORDS=({' '.join(repr(word) for word in words)}); "
        f"COMP_CWORD={len(words) - 1}; _recli; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    return set(done.stdout.decode().split())


def test_bash_completes_commands_rules_options_and_values() -> None:
    assert "retrieve" in completed("recli", "retr")
    assert {"cap", "filter", "mmr", "boost"} <= completed("recli", "rerank", "")
    assert completed("recli", "rerank", "mmr", "--lam") == {"--lambda"}
    assert "thompson" in completed("recli", "rerank", "explore", "")
    assert completed("recli", "rerank", "explore", "linucb", "--al") == {"--alpha"}
    assert completed("recli", "train-als", "--solver", "") == {"cg", "exact"}
