"""A result appears whole or not at all."""

import fcntl
import os
from pathlib import Path

import pytest

from recli.errors import ExitCode, RecliError
from recli.store.commit import publish_directory, publish_file


def fill(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    (folder / "deep").mkdir()
    (folder / "deep" / "data").write_text(text)


def test_a_file_appears_at_the_end_alone(tmp_path: Path) -> None:
    target = tmp_path / "result"
    with publish_file(target) as hidden:
        hidden.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["result"]


def test_an_exception_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "result"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), publish_file(target) as hidden:  # noqa: PT012
        hidden.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["result"]


def test_a_directory_is_swapped_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    for text in ("one", "two"):
        with publish_directory(target) as hidden:
            fill(hidden, text)
    assert (target / "deep" / "data").read_text() == "two"
    assert os.listdir(tmp_path) == ["model"]


def test_an_exception_leaves_the_old_directory(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with publish_directory(target) as hidden:
        fill(hidden, "old")
    with pytest.raises(ZeroDivisionError), publish_directory(target) as hidden:  # noqa: PT012
        fill(hidden, "new")
        raise ZeroDivisionError
    assert (target / "deep" / "data").read_text() == "old"
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("publish", [publish_file, publish_directory])
def test_what_a_killed_run_left_is_cleared(publish, tmp_path: Path) -> None:
    for leftover in ("file", "directory", "link"):
        hidden = tmp_path / ".result.recli"
        if leftover == "file":
            hidden.write_text("half")
        elif leftover == "directory":
            hidden.mkdir()
            (hidden / "half").touch()
        else:
            hidden.symlink_to(tmp_path / "precious")
        with publish(tmp_path / "result") as fresh:
            if fresh.is_dir():
                fill(fresh, "new")
            else:
                fresh.write_text("new")
        assert os.listdir(tmp_path) == ["result"]


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with publish_file(tmp_path / "result") as hidden:
        hidden.write_text("first")
        with pytest.raises(RecliError) as refused, publish_file(tmp_path / "result"):
            pytest.fail("two writers")
        assert refused.value.code == ExitCode.LOCKED
    assert (tmp_path / "result").read_text() == "first"


def test_a_writer_that_waits_for_an_old_directory_is_refused(tmp_path: Path) -> None:
    with publish_directory(tmp_path / "model") as hidden:
        fill(hidden, "old")
    holder = os.open(tmp_path / "model", os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.raises(RecliError), publish_directory(tmp_path / "model") as hidden:
        fill(hidden, "new")
    os.close(holder)
    assert (tmp_path / "model" / "deep" / "data").read_text() == "old"


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "result").symlink_to("precious")
    with pytest.raises(RecliError), publish_file(tmp_path / "result"):
        pytest.fail("followed")
    assert (tmp_path / "precious").read_text() == "mine"
